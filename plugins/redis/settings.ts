/** What the config says of any Redis, whichever plugin asks it. */
import { z } from 'portico';

const REDIS_URL = /^rediss?:\/\/[^?#]+$/;

/** A secret where a password stands in it: no message shows it. */
export const redisUrl = () =>
  z.string().refine((text) => REDIS_URL.test(text) && URL.canParse(text), {
    error: 'must be redis:// or rediss://, a host and no query',
  });

export const keyPrefix = () =>
  z
    .string()
    .regex(/^[\x21-\x7e]{0,64}$/, 'must be at most 64 visible characters')
    .default('portico:');
