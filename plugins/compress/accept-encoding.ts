/** Which of the codings on offer a client gets (RFC 9110 §12.5.3). */
import { codingQualities } from 'portico';

/** The codings that the plugin can make, by their registered names. */
export const CODINGS = ['zstd', 'br', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

export interface Choice {
  /** What to encode with; `undefined`: nothing that is offered is acceptable, or the client likes plain bytes better. */
  readonly coding: Coding | undefined;
  /** It does not want plain bytes. */
  readonly refusesPlain: boolean;
}

/**
 * The coding with the highest quality; of those with the same, the first of `offered`. Without the field any coding would
 * be acceptable, but clients that do not send it seldom decode.
 */
export function chooseCoding(field: string | undefined, offered: readonly Coding[]): Choice {
  if (field === undefined) return { coding: undefined, refusesPlain: false };
  const qualities = codingQualities(field);
  const others = qualities.get('*');
  let coding: Coding | undefined;
  let best = 0;
  for (const each of offered) {
    const quality = qualities.get(each) ?? others ?? 0;
    if (quality <= best) continue;
    best = quality;
    coding = each;
  }
  // Plain bytes are acceptable unless excluded, but preferred only by name.
  const plain = qualities.get('identity');
  if (plain !== undefined && plain > best) coding = undefined;
  return { coding, refusesPlain: (plain ?? others) === 0 };
}
