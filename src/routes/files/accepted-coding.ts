/** Which of the compressed siblings of a file a client takes (RFC 9110 §12.5.3). */
import { codingQualities } from '../../core/accept-encoding.ts';

/** Content codings with the extension of their files, the best first. */
export const CODINGS = [
  ['br', '.br'],
  ['zstd', '.zst'],
  ['gzip', '.gz'],
] as const;

export type Coding = (typeof CODINGS)[number];

/**
 * The codings that `accept` admits: by its weights, and among equals the best first. Those that it likes less than the
 * plain file are left out.
 */
export function acceptedCodings(accept: string | undefined): readonly Coding[] {
  if (accept === undefined) return [];
  const weights = codingQualities(accept);
  const other = weights.get('*') ?? 0;
  const weightOf = ([coding]: Coding): number => weights.get(coding) ?? other;
  const plain = weights.get('identity') ?? 0;
  return CODINGS.filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= plain).toSorted(
    (a, b) => weightOf(b) - weightOf(a),
  );
}
