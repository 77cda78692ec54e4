/** A request that has taken its key: what comes of it becomes what is known of the key. */
import { Buffer } from 'node:buffer';
import { type Body, type BodyConversion, holdBody, isStream, type ResponseHead } from 'portico';
import { Effects } from './effects.ts';
import type { HeldKey } from './held-key.ts';
import type { KeptAnswer, Unknown } from './key-state.ts';

/** Of an answer that is kept. */
export const MAX_ANSWER_BYTES = 262_144;

/** They describe the body, without which it cannot be read; or what is missing of it. */
const OF_BODY = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
  'gateway-degraded',
];

/** The upstream did nothing, and says so: the same request may succeed later, or with other credentials. */
const NOTHING_DONE: ReadonlySet<number> = new Set([401, 408, 425, 429]);

export type Outcome = 'kept' | 'unknown' | 'freed';

export interface KeyedOptions {
  readonly held: HeldKey;
  /** Fields that are kept. */
  readonly headers: readonly string[];
  readonly onSettled: (outcome: Outcome) => void;
}

export class KeyedRequest {
  readonly effects = new Effects();
  readonly #options: KeyedOptions;
  #isSettled = false;

  constructor(options: KeyedOptions) {
    this.#options = options;
  }

  /** Keeps the answer, if it is one to be kept. */
  answered(head: ResponseHead): BodyConversion | undefined {
    if (this.#isSettled) return undefined;
    const outcome = this.#outcomeOf(head);
    if (outcome !== 'kept') {
      return async (body) => {
        await this.#settle(outcome);
        return body;
      };
    }
    if (isStream(head.headers['content-type']) || lengthIn(head) > MAX_ANSWER_BYTES) {
      return async (body) => {
        await this.#settle('unknown', 'unkept');
        return body;
      };
    }
    // What hooks make of it later is theirs.
    const kept = { status: head.status, headers: this.#keptOf(head) };
    return (body) => this.#keep(kept, body);
  }

  /** There was no answer, or none that could be kept: an error of the gateway, or the end of everything. */
  ended(): void {
    void this.#settle(this.effects.areSent ? 'unknown' : 'freed');
  }

  #outcomeOf({ status, headers }: ResponseHead): Outcome {
    const { areSent, areUncertain } = this.effects;
    if (areUncertain) return 'unknown';
    if (status >= 500) return areSent ? 'unknown' : 'freed';
    // Of an upstream with keys of its own: the first request still runs there.
    const runsThere = status === 409 && headers['retry-after'] !== undefined;
    return NOTHING_DONE.has(status) || runsThere ? 'freed' : 'kept';
  }

  #keptOf({ headers }: ResponseHead): KeptAnswer['headers'] {
    const names = [...OF_BODY, ...this.#options.headers];
    return Object.fromEntries(
      names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
    );
  }

  async #keep(kept: Omit<KeptAnswer, 'body'>, body: Body): Promise<Body> {
    const chunks: Uint8Array[] = [];
    const whole = await holdBody(body, MAX_ANSWER_BYTES, (bytes) => chunks.push(bytes)).ready;
    if (whole.isClosed && whole.received <= MAX_ANSWER_BYTES) {
      const bytes = Buffer.concat(chunks);
      await this.#settle('kept', { ...kept, body: bytes.toString('base64') });
    } else await this.#settle('unknown', 'unkept');
    return whole;
  }

  #settle(outcome: 'kept', answer: KeptAnswer): Promise<void>;
  #settle(outcome: Outcome, why?: Unknown): Promise<void>;
  async #settle(outcome: Outcome, what: KeptAnswer | Unknown = 'lost'): Promise<void> {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { held, onSettled } = this.#options;
    if (typeof what !== 'string') await held.keep(what);
    else await (outcome === 'freed' ? held.free() : held.lose(what));
    onSettled(outcome);
  }
}

const lengthIn = ({ headers }: ResponseHead): number => Number(headers['content-length'] ?? 0);
