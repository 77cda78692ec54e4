/**
 * The label of a status. Unregistered ones are `other`, because upstreams choose them and labels are
 * never freed.
 */
export function statusLabel(status: number): string {
  return STATUSES.get(status) ?? 'other';
}

/** The label of the reason why a part is missing: one of ours, or `status-` with a status that an upstream chose. */
export const reasonLabel = (reason: string): string =>
  reason.startsWith(STATUS_REASON)
    ? `${STATUS_REASON}${statusLabel(Number(reason.slice(STATUS_REASON.length)))}`
    : reason;

const STATUS_REASON = 'status-';

const STATUSES: ReadonlyMap<number, string> = new Map(
  [
    [101, 101],
    [200, 208],
    [226, 226],
    [300, 308],
    [400, 418],
    [421, 426],
    [428, 429],
    [431, 431],
    [451, 451],
    [499, 499],
    [500, 508],
    [510, 511],
  ].flatMap(([from = 0, to = 0]) =>
    Array.from({ length: to - from + 1 }, (_, i) => [from + i, String(from + i)] as const),
  ),
);
