/** The load process, from the side that controls it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { LoadOrder, Measurement } from './measurement.ts';

export class LoadProcess {
  readonly #process: ChildProcess;

  constructor(process: ChildProcess) {
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** @throws {Error} when it ends meanwhile */
  async measure(order: LoadOrder): Promise<Measurement> {
    const load = this.#process;
    load.send(order);
    const ended = new AbortController();
    const { signal } = ended;
    try {
      const [answer] = await Promise.race([
        once(load, 'message', { signal }),
        once(load, 'exit', { signal }).then(() => [undefined]),
      ]);
      if (answer === undefined) throw new Error(`the load ended while it measured ${order.url}`);
      return answer as Measurement;
    } finally {
      ended.abort();
    }
  }
}
