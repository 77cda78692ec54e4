/** A rule of matching as data: routes by name, and who gets which request. */
import type { Asked } from '../match.ts';

/** The path, what else the request says, and who gets it: a route, or `404`, `405 GET, HEAD`, `400`. */
export type Row = readonly [path: string, asked: Asked, winner: string];

export interface Rule {
  /** What HTTPRoute of the Kubernetes Gateway API says. */
  readonly rule: string;
  /** Absent: this house does the same. Else how it decides, and why. */
  readonly otherwise?: string;
  /** Matches by route name, in the order of the file; `priority` may stand beside. */
  readonly routes: Readonly<Record<string, object>>;
  readonly rows: readonly Row[];
}
