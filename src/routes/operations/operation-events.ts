/**
 * The changes of an operation as events (SSE): the resource whenever it has changed, until it ends.
 *
 * A client that reads slowly misses what is in between and gets the newest: never more than one is held for it.
 */
import { Readable } from 'node:stream';
import type { Clock, Timer } from '../../core/clock.ts';
import type { Engine, OperationDetail } from '../../operations/engine.ts';
import { hasEnded } from './waiting.ts';

const ASK_MS = 1_000;
/** Proxies in between close what is silent. */
const HEARTBEAT_MS = 15_000;
/** Longest life of a stream; clients come again. */
const LONGEST_MS = 3_600_000;

export interface EventsOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly first: OperationDetail;
  readonly view: (detail: OperationDetail) => unknown;
}

export class OperationEvents extends Readable {
  readonly #options: EventsOptions;
  readonly #unwatch: () => void;
  readonly #endAt: number;
  #asking: Timer | undefined;
  #isAsking = false;
  #isWanted = false;
  #sentAt = 0;
  #last = '';

  constructor(options: EventsOptions) {
    super({ highWaterMark: 1 });
    const { engine, clock, first } = options;
    this.#options = options;
    this.#endAt = clock.now() + LONGEST_MS;
    this.#unwatch = engine.watch(first.operation.id, () => this.#ask());
    this.#tell(first);
  }

  override _read(): void {
    this.#isWanted = true;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#unwatch();
    this.#options.clock.cancel(this.#asking);
    done(error);
  }

  #ask(): void {
    if (this.#isAsking || this.destroyed) return;
    const { engine, clock, first } = this.#options;
    clock.cancel(this.#asking);
    this.#isAsking = true;
    engine.find(first.operation.id).then(
      (detail) => {
        this.#isAsking = false;
        if (detail === undefined || clock.now() > this.#endAt) this.push(null);
        else this.#tell(detail);
      },
      () => {
        // The store is away for a moment: the stream goes on when it is back.
        this.#isAsking = false;
        this.#later();
      },
    );
  }

  #tell(detail: OperationDetail): void {
    if (this.destroyed) return;
    const { clock, view } = this.#options;
    const json = JSON.stringify(view(detail));
    const isOver = hasEnded(detail);
    // What ends it is sent to slow readers too.
    if (json !== this.#last && (this.#isWanted || this.#last === '' || isOver)) {
      const { status } = detail.operation;
      this.#last = json;
      this.#send(`event: ${isOver ? 'end' : 'change'}\nid: ${status}\ndata: ${json}\n\n`);
    } else if (clock.now() - this.#sentAt > HEARTBEAT_MS && this.#isWanted) this.#send(':\n\n');
    if (isOver) this.push(null);
    else this.#later();
  }

  #send(text: string): void {
    this.#isWanted = false;
    this.#sentAt = this.#options.clock.now();
    this.push(text);
  }

  #later(): void {
    const { clock } = this.#options;
    clock.cancel(this.#asking);
    this.#asking = clock.after(ASK_MS, () => this.#ask());
  }
}
