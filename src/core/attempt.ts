/** One attempt and the guards around it. */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';
import type { Abortable, Guard, Receiver, Sender } from './sender.ts';

export class Attempt implements Receiver, Abortable {
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  readonly #guards: readonly Guard[];
  readonly #next: Sender;
  /** The receivers of the guards that have let it in, in order. */
  readonly #entered: Receiver[] = [];
  #sent: Abortable | undefined;
  #isOver = false;

  constructor(
    request: UpstreamRequest,
    receiver: Receiver,
    guards: readonly Guard[],
    next: Sender,
  ) {
    this.#request = request;
    this.#receiver = receiver;
    this.#guards = guards;
    this.#next = next;
  }

  /** Enters the guards in turn, then sends. */
  proceed(): void {
    const guards = this.#guards;
    const entered = this.#entered;
    try {
      while (entered.length < guards.length) {
        const receiver = guards[entered.length]!.enter(this.#request, this);
        if (receiver instanceof Promise) {
          this.#wait(receiver);
          return;
        }
        entered.push(receiver);
      }
      this.#sent = this.#next.send(this.#request, this);
    } catch (error) {
      this.failed(error);
    }
  }

  abort(reason: Error): void {
    this.#sent?.abort(reason);
  }

  /** Tells the guards, innermost first, and then the receiver. */
  answered(response: UpstreamResponse): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const entered = this.#entered;
    for (let i = entered.length - 1; i >= 0; i--) entered[i]!.answered(response);
    this.#receiver.answered(response);
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const entered = this.#entered;
    for (let i = entered.length - 1; i >= 0; i--) entered[i]!.failed(error);
    this.#receiver.failed(error);
  }

  #wait(entering: Promise<Receiver>): void {
    entering.then(
      (receiver) => {
        this.#entered.push(receiver);
        this.proceed();
      },
      (error: unknown) => this.failed(error),
    );
  }
}
