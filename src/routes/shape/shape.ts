/**
 * The shape of a part's answer: what of it goes out, and how it is called.
 *
 * The order is fixed: `unwrap`, `flatten`, `pick`, `omit`, `rename`, `collection`. The first two find what the part is
 * about, and other parts refer to what they make of it. The others say what the client sees.
 */
import { GatewayError } from '../../core/errors.ts';
import { compileFlatten, compileUnwrap } from './collect.ts';
import { compileOmit } from './omit.ts';
import { compilePick, type Shaper } from './pick.ts';
import { compileRename } from './rename.ts';

export interface ShapeConfig {
  readonly unwrap?: string | undefined;
  readonly flatten?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly pick?: readonly string[] | undefined;
  readonly omit?: readonly string[] | undefined;
  readonly rename?: Readonly<Record<string, string>> | undefined;
  readonly collection?: string | undefined;
}

export interface Shape {
  /** Absent: other parts refer to the answer as it came. */
  readonly found: Shaper | undefined;
  /** What of that goes out; absent: all. */
  readonly shown: Shaper | undefined;
}

/** `undefined` if the answer goes out as it came. */
export function compileShape(config: ShapeConfig): Shape | undefined {
  const { unwrap, flatten, pick, omit, rename, collection } = config;
  const found = inOrder([
    unwrap === undefined ? undefined : compileUnwrap(unwrap),
    flatten === undefined ? undefined : compileFlatten(flatten),
  ]);
  const shown = inOrder([
    pick === undefined ? undefined : compilePick(pick),
    omit === undefined ? undefined : compileOmit(omit),
    rename === undefined ? undefined : compileRename(rename),
    collection === undefined ? undefined : collectionUnder(collection),
  ]);
  return found === undefined && shown === undefined ? undefined : { found, shown };
}

function inOrder(steps: readonly (Shaper | undefined)[]): Shaper | undefined {
  const used = steps.filter((step) => step !== undefined);
  if (used.length <= 1) return used[0];
  return (value) => used.reduce((now, step) => (now === undefined ? now : step(now)), value);
}

/** Puts a list under a name; an answer of nothing stays nothing. */
const collectionUnder =
  (name: string): Shaper =>
  (value) => {
    if (value === null || value === undefined) return value;
    if (Array.isArray(value)) return { [name]: value };
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not a list');
  };
