/** What every generator sends. */
import type { LoadOrder } from './measurement.ts';

/** The fields of a request with the `index`th token, in turn. */
export function fieldsOf({ tokens, headers }: LoadOrder, index: number): Record<string, string> {
  const token = tokens[index % tokens.length]!;
  return { accept: 'application/json', authorization: `Bearer ${token}`, ...headers };
}

/** `undefined` where the requests have none. */
export const bodyOf = ({ bodyBytes }: LoadOrder): Buffer | undefined =>
  bodyBytes > 0 ? Buffer.alloc(bodyBytes, 'x') : undefined;
