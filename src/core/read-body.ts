/**
 * The body of an answer that was read on its way, inside the chain of its upstream, so that the circuit hears what the
 * bytes say. Whoever expects the outcome takes it; to anybody else it is a body like any other.
 */
import { Body, NOWHERE } from './body.ts';
import type { Json } from './json.ts';

/** What an answer was read as, or why it is none although its upstream is well. */
export type ReadOutcome =
  | {
      readonly json: Json;
      /** Why it is less than what was asked for, in one word; absent: it is all. */
      readonly degraded?: string | undefined;
      /** The same for the log. */
      readonly cause?: string | undefined;
    }
  | { readonly json?: undefined; readonly error: Error };

export class ReadBody extends Body {
  readonly outcome: ReadOutcome;

  constructor(outcome: ReadOutcome) {
    super(NOWHERE);
    this.outcome = outcome;
    if (outcome.json === undefined) this.push(NOTHING_READ);
    else this.push(outcome.json.bytes ?? Buffer.from(JSON.stringify(outcome.json.exact)));
    this.finish(undefined);
  }
}

const NOTHING_READ = Buffer.from('null');
