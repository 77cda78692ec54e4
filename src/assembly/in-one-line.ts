import { inspect } from 'node:util';

/** What a plugin returned, for a message about it. */
export const inOneLine = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity });
