import { inspect } from 'node:util';

/** Shows what a plugin returned, for a message. */
export const inOneLine = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity });
