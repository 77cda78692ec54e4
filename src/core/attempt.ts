/** One attempt and the guards around it, which share one promise. */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';
import type { Abortable, Guard, Receiver, Sender } from './guard.ts';

export class Attempt implements Receiver, Abortable {
  readonly promise: Promise<UpstreamResponse>;
  readonly #request: UpstreamRequest;
  readonly #guards: readonly Guard[];
  readonly #sender: Sender;
  /** The receivers of the guards that have let it in, in order. */
  readonly #entered: Receiver[] = [];
  #sent: Abortable | undefined;
  #isOver = false;
  #resolve!: (response: UpstreamResponse) => void;
  #reject!: (error: unknown) => void;

  constructor(request: UpstreamRequest, guards: readonly Guard[], sender: Sender) {
    this.#request = request;
    this.#guards = guards;
    this.#sender = sender;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Enters the guards in turn, then sends. */
  proceed(): void {
    const guards = this.#guards;
    const request = this.#request;
    try {
      while (this.#entered.length < guards.length) {
        const entered = guards[this.#entered.length]!.enter(request, this);
        if (entered instanceof Promise) {
          entered.then(
            (receiver) => {
              this.#entered.push(receiver);
              this.proceed();
            },
            (error: unknown) => this.failed(error),
          );
          return;
        }
        this.#entered.push(entered);
      }
      this.#sent = this.#sender.send(request, this);
    } catch (error) {
      this.failed(error);
    }
  }

  abort(reason: Error): void {
    this.#sent?.abort(reason);
  }

  answered(response: UpstreamResponse): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell((receiver) => receiver.answered(response));
    this.#resolve(response);
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell((receiver) => receiver.failed(error));
    this.#reject(error);
  }

  /** Tells the receivers, innermost first. */
  #tell(tell: (receiver: Receiver) => void): void {
    for (let i = this.#entered.length - 1; i >= 0; i--) tell(this.#entered[i]!);
  }
}
