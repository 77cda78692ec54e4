/** What a handler waits for besides upstreams: timers of its own, files, names. The clock of a case does not move these. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** Some timers, such as those that end old connections, keep nobody waiting. */
interface Waited {
  hasRef?(): boolean;
}

export class OwnWaits {
  readonly #within = new AsyncLocalStorage<true>();
  readonly #timers = new Map<number, Waited>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type === 'Timeout' && this.#within.getStore() === true) this.#timers.set(id, resource);
    },
    destroy: (id) => void this.#timers.delete(id),
  });

  /** Timers that `work` starts, now or later, count as its own. */
  run<T>(work: () => T): T {
    this.#hook.enable();
    return this.#within.run(true, work);
  }

  get areOpen(): boolean {
    return (
      [...this.#timers.values()].some((timer) => timer.hasRef?.() !== false) ||
      process.getActiveResourcesInfo().some((name) => /^(FSReq|GetAddrInfo)/.test(name))
    );
  }

  end(): void {
    this.#hook.disable();
  }
}
