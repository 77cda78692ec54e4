/** What is known of a key, as a record of the store holds it, and what that means for a request. */
import type { FoundRecord } from 'portico';

/** An answer that is kept. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Base64. */
  readonly body: string;
}

/**
 * `lost`: nobody knows what came of the request. `unkept`: it was answered, but the answer is too long to be kept, or a
 * stream.
 */
export type Unknown = 'lost' | 'unkept';

/** `of` is the fingerprint of the request that the key belongs to. */
export type KeyState =
  | {
      readonly is: 'running';
      readonly of: string;
      /** What an earlier request has left, which this one repeats. */
      readonly after?: Unknown;
    }
  | { readonly is: 'unknown'; readonly of: string; readonly why: Unknown }
  | { readonly is: 'kept'; readonly of: string; readonly answer: KeptAnswer };

export const stateText = (state: KeyState): string => JSON.stringify(state);

/** `undefined` for a record that is none of ours. */
function stateIn(text: string): KeyState | undefined {
  try {
    const state = JSON.parse(text) as KeyState | null;
    const isOurs =
      typeof state?.of === 'string' && ['running', 'unknown', 'kept'].includes(state.is);
    return isOurs ? state : undefined;
  } catch {
    return undefined;
  }
}

export type Verdict =
  | { readonly as: 'kept'; readonly answer: KeptAnswer }
  | { readonly as: 'running' | 'mismatch' }
  | { readonly as: 'unknown'; readonly why: Unknown };

/** What a record means for a request with this fingerprint. A damaged one is a request of which nothing is known. */
export function verdictOf({ text, leaseMs }: FoundRecord, fingerprint: string): Verdict {
  const state = stateIn(text);
  if (state === undefined) return { as: 'unknown', why: 'lost' };
  if (state.of !== fingerprint) return { as: 'mismatch' };
  switch (state.is) {
    case 'kept':
      return { as: 'kept', answer: state.answer };
    case 'unknown':
      return { as: 'unknown', why: state.why };
    case 'running':
      // Whoever had it no longer says that it does: it has died, or has lost the store.
      return leaseMs > 0 ? { as: 'running' } : { as: 'unknown', why: 'lost' };
  }
}
