/**
 * All mirrors of a gateway. Their state belongs to route, upstream and the rules of the comparison: what was found by
 * other rules says nothing, so a mirror with new rules begins anew.
 */
import type { MirrorConfig } from '../../config/build/mirror.ts';
import { Cancellation } from '../../core/cancellation.ts';
import { GatewayError } from '../../core/errors.ts';
import { sharedTurns } from '../../core/slices.ts';
import { MirrorState } from './mirror-state.ts';

/** A route, as far as its mirrors go. */
export interface MirroredRoute {
  readonly name: string;
  readonly action: { readonly mirrors?: readonly MirrorConfig[] };
}

export class Mirrors {
  /** Ends every exchange with a mirror. */
  readonly signal = new Cancellation();
  /** Comparisons take turns: together they hold up requests no longer than one alone. */
  readonly turn = sharedTurns();
  readonly #states = new Map<string, MirrorState>();

  /** The same one for as long as route, upstream and rules are the same. */
  of(route: string, mirror: MirrorConfig): MirrorState {
    const key = keyOf(route, mirror);
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = new MirrorState();
    this.#states.set(key, state);
    return state;
  }

  /** `undefined` where there is no such mirror. */
  find(route: string, mirror: MirrorConfig): MirrorState | undefined {
    return this.#states.get(keyOf(route, mirror));
  }

  /** Drops the state of all mirrors but those of `routes`. */
  keep(routes: Iterable<MirroredRoute>): void {
    const kept = new Set<string>();
    for (const { name, action } of routes) {
      for (const mirror of action.mirrors ?? []) kept.add(keyOf(name, mirror));
    }
    for (const key of this.#states.keys()) if (!kept.has(key)) this.#states.delete(key);
  }

  /** The gateway stops, and waits for nobody who waits for nothing. */
  end(): void {
    this.signal.cancel(new GatewayError('GW_SHUTTING_DOWN', 'the gateway stops'));
  }
}

function keyOf(route: string, { upstream, rewrite, compare }: MirrorConfig): string {
  const { status, headers, body, rules } = compare ?? {};
  return JSON.stringify([route, upstream, rewrite, status, headers, body, rules], symbolText);
}

/** Steps of paths may be symbols, which JSON leaves out. */
const symbolText = (_key: string, value: unknown): unknown =>
  typeof value === 'symbol' ? { step: value.description } : value;
