/**
 * The part of an upstream's config that sockets depend on. If it changes, new sockets are opened; if
 * anything else changes, they stay.
 */
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamConfig } from '../config/build/config.ts';

const KEYS = [
  'connections',
  'connectTimeoutMs',
  'headersBytes',
  'http2',
  'keepAliveMs',
  'tls',
] as const satisfies readonly (keyof UpstreamConfig)[];

export type Transport = Pick<UpstreamConfig, (typeof KEYS)[number]>;

export const isSameTransport = (one: Transport, other: Transport): boolean =>
  KEYS.every((key) => isDeepStrictEqual(one[key], other[key]));
