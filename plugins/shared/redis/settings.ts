/** The settings of any Redis, for all plugins that use one. */
import { duration, z } from 'portico';

const REDIS_URL = /^rediss?:\/\/[^?#]+$/;

/** A secret if it holds a password: no message shows it. */
export const redisUrl = () =>
  z.string().refine((text) => REDIS_URL.test(text) && URL.canParse(text), {
    error: 'must be a redis:// or rediss:// URL with a host and no query',
  });

export const keyPrefix = () =>
  z
    .string()
    .regex(/^[\x21-\x7e]{0,64}$/, 'must be at most 64 printable characters')
    .default('portico:');

/** Of one answer, in milliseconds. */
export const redisTimeout = () =>
  duration()
    .refine((ms) => ms > 0, 'must be longer than 0')
    .prefault('100ms')
    .describe('Longest time a request waits for Redis.');
