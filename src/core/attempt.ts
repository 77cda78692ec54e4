/** One attempt and the guards around it. */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';
import type { Abortable, Guard, GuardReceiver, Receiver, Sender } from './sender.ts';

export class Attempt implements Receiver, Abortable {
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  readonly #guards: readonly Guard[];
  readonly #next: Sender;
  /** The receivers of the guards that have let it in, in order: the first `#in` of the list. */
  readonly #entered: GuardReceiver[];
  #in = 0;
  /** Some of them want to know when the body closes. */
  #isClosing = false;
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
    // oxlint-disable-next-line unicorn/no-new-array -- pushing would make room for 17
    this.#entered = new Array<GuardReceiver>(guards.length);
    this.#next = next;
  }

  /** Enters the guards in turn, then sends. */
  proceed(): void {
    const guards = this.#guards;
    try {
      while (this.#in < guards.length) {
        const receiver = guards[this.#in]!.enter(this.#request, this);
        if (receiver instanceof Promise) {
          this.#wait(receiver);
          return;
        }
        this.#enter(receiver);
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
    for (let i = this.#in - 1; i >= 0; i--) this.#entered[i]!.answered(response);
    if (this.#isClosing) response.body.onClose((error) => this.#close(this.#in, error));
    this.#receiver.answered(response);
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (let i = this.#in - 1; i >= 0; i--) this.#entered[i]!.failed(error);
    this.#receiver.failed(error);
  }

  /** Tells the first `count`, innermost first. One that throws must not keep another from freeing its slot. */
  #close(count: number, error: Error | undefined): void {
    let at = count;
    try {
      while (at > 0) {
        at -= 1;
        this.#entered[at]!.closed?.(error);
      }
    } finally {
      if (at > 0) this.#close(at, error);
    }
  }

  #enter(receiver: GuardReceiver): void {
    this.#isClosing ||= receiver.closed !== undefined;
    this.#entered[this.#in++] = receiver;
  }

  #wait(entering: Promise<GuardReceiver>): void {
    entering.then(
      (receiver) => {
        this.#enter(receiver);
        this.proceed();
      },
      (error: unknown) => this.failed(error),
    );
  }
}
