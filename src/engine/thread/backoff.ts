/** How long to wait before the next attempt of a call. */

const LONGEST_MS = 30_000;
/** After a pivot nobody gives up, so nobody hurries. */
const LONGEST_COMMITTED_MS = 300_000;

export interface Backoff {
  /** Of the first wait. */
  readonly backoffMs: number;
  /** The one that has failed; 1 for the first. */
  readonly attempt: number;
  readonly retryAfterMs: number | undefined;
  readonly isCommitted: boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Full jitter, exponential; never less than the upstream asks for. */
export function waitBefore({
  backoffMs,
  attempt,
  retryAfterMs = 0,
  isCommitted,
  random,
}: Backoff): number {
  const longest = isCommitted ? LONGEST_COMMITTED_MS : LONGEST_MS;
  const ceiling = Math.min(longest, backoffMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(Math.round(random() * ceiling), Math.min(retryAfterMs, longest));
}
