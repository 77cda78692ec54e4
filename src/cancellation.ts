/**
 * Says that a call is no longer wanted, and why. What an AbortSignal does, at a tenth of its cost:
 * several of these are made for every request.
 *
 * Whoever starts work under a cancellation listens to it, and stops listening when the work is done.
 */

export interface CancelListener {
  onCancel(reason: Error): void;
}

export class Cancellation {
  #reason: Error | undefined;
  #listeners: CancelListener[] = [];

  /** Why, once it is cancelled; `undefined` until then. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** The first reason stays; later ones are ignored. */
  cancel(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener.onCancel(reason);
  }

  /** Tells `listener` at once where it is cancelled already. */
  listen(listener: CancelListener): void {
    if (this.#reason === undefined) this.#listeners.push(listener);
    else listener.onCancel(this.#reason);
  }

  unlisten(listener: CancelListener): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** One that ends with this one, and may end before it. */
  child(): Cancellation {
    const child = new ChildCancellation();
    this.listen(child);
    return child;
  }

  /** The same as a standard AbortSignal, for code that wants one; made on demand. */
  toAbortSignal(): AbortSignal {
    const controller = new AbortController();
    this.listen({ onCancel: (reason) => controller.abort(reason) });
    return controller.signal;
  }

  /** @throws the reason, once it is cancelled */
  throwIfCancelled(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}

class ChildCancellation extends Cancellation implements CancelListener {
  onCancel(reason: Error): void {
    this.cancel(reason);
  }
}
