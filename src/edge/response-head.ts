/** The head of an answer on its way to the client: the upstream's fields, and what we say instead. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import {
  connectionOptions,
  type Headers,
  isRelayedTrailer,
  type MutableHeaders,
} from '../core/headers.ts';
import { VIA } from './forwarded.ts';

/** What `onResponse` of a plugin edits. */
export interface ResponseHead {
  status: number;
  /** Lower-case names. */
  readonly headers: MutableHeaders;
}

/** These are added to, never replaced. */
const APPENDED: ReadonlySet<string> = new Set(['vary', 'set-cookie']);

/** For hooks to edit: what a call gives may be shared. */
export function copyOf(headers: Headers): MutableHeaders {
  const out: MutableHeaders = {};
  for (const name in headers) out[name] = headers[name] as string | string[];
  return out;
}

/** RFC 9110 §7.6.3. */
export function addVia(headers: MutableHeaders): void {
  const { via } = headers;
  headers['via'] = via === undefined ? VIA : `${String(via)}, ${VIA}`;
}

/**
 * Keeps of `Trailer` (RFC 9110 §6.6.2) what will come after the body; takes it out where nothing will.
 * Node.js refuses a head that has one and no chunks.
 */
export function announceTrailers(head: ResponseHead, { method, httpVersion }: AnswerTo): void {
  const { status, headers } = head;
  const names = connectionOptions(headers['trailer']).filter(isRelayedTrailer);
  const hasChunks =
    method !== 'HEAD' &&
    status !== 204 &&
    status !== 304 &&
    httpVersion !== '1.0' &&
    headers['content-length'] === undefined;
  if (names.length > 0 && hasChunks) headers['trailer'] = names.join(', ');
  else delete headers['trailer'];
}

/** What an answer is to. */
type AnswerTo = Pick<IncomingMessage, 'method' | 'httpVersion'>;

/** Fields that hooks have set on the reply win over the upstream's; lists are added to. */
export function mergeReplyHeaders(reply: FastifyReply, headers: MutableHeaders): void {
  const own = reply.getHeaders();
  for (const name in own) {
    const value = own[name];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value : String(value);
    const theirs = headers[name];
    headers[name] = theirs !== undefined && APPENDED.has(name) ? append(name, theirs, text) : text;
  }
}

function append(
  name: string,
  theirs: string | string[],
  ours: string | string[],
): string | string[] {
  if (name === 'set-cookie') return [theirs, ours].flat();
  return [theirs, ours].flat().join(', ');
}
