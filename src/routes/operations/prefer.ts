/** `Prefer: wait=5` (RFC 7240 §4.3). */

const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=[,;]|$)/i;

/** How long the client would wait for the end, in seconds; `undefined` if it does not say. */
export function preferredWait(field: string | readonly string[] | undefined): number | undefined {
  if (field === undefined) return undefined;
  const seconds = WAIT.exec(typeof field === 'string' ? field : field.join(','))?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
