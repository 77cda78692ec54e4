/**
 * Sends copies of a route's requests to its mirrors, beside whatever forwards them.
 *
 * The primary's call is made as it would be without mirrors: a copy begins in a later turn, has its own signal, slots
 * and time, and takes of bodies what passes by. Only where answers are compared is the primary's body read twice.
 */
import type { UpstreamRequest, UpstreamResponse } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import type { Receiver, Sender } from '../../core/sender.ts';
import { tee } from '../../core/tee.ts';
import { copyHead } from './answer-copy.ts';
import type { Side } from './judgement.ts';
import type { Mirror } from './mirror.ts';
import { MirroredCall } from './mirrored-call.ts';

/** Wraps `next`, the primary; at least one mirror. */
export function mirroring(next: Sender, mirrors: readonly Mirror[], clock: Clock): Sender {
  return {
    send(request, receiver) {
      const taking = mirrors.filter((mirror) => mirror.takes(request));
      if (taking.length === 0) return next.send(request, receiver);
      const calls = taking.map((mirror) => new MirroredCall(mirror, request));
      for (const call of calls) call.begin();
      const watch = new PrimaryWatch(receiver, request, calls, clock);
      try {
        return next.send(request, watch);
      } catch (error) {
        watch.endWithout();
        throw error;
      }
    },
  };
}

/** Watches the primary's answer on its way to the client. */
class PrimaryWatch implements Receiver {
  readonly #receiver: Receiver;
  readonly #request: UpstreamRequest;
  readonly #calls: readonly MirroredCall[];
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(
    receiver: Receiver,
    request: UpstreamRequest,
    calls: readonly MirroredCall[],
    clock: Clock,
  ) {
    this.#receiver = receiver;
    this.#request = request;
    this.#calls = calls;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  answered(response: UpstreamResponse): void {
    const compared = this.#calls.filter(({ isCompared }) => isCompared);
    // An answer of a fallback says nothing of the service that was asked, and a stream has no end to wait for.
    const isFallback = this.#request.record.fallback !== undefined;
    if (compared.length === 0 || isFallback || response.stream !== undefined) {
      response.body.onClose(() => this.endWithout());
      this.#receiver.answered(response);
    } else this.#receiver.answered(this.#copied(response, compared));
  }

  failed(error: unknown): void {
    this.endWithout();
    this.#receiver.failed(error);
  }

  /** There is no answer to compare with. */
  endWithout(): void {
    for (const call of this.#calls) call.primaryEnded('none');
  }

  #copied(response: UpstreamResponse, compared: readonly MirroredCall[]): UpstreamResponse {
    const { status, headers } = response;
    const ms = this.#clock.now() - this.#startedAt;
    const sides = new Map<MirroredCall, Side & { readonly answer: object }>(
      compared.map((call) => {
        const answer = copyHead(status, headers, call.mirror.config.compare!);
        return [call, { status, answer, ms }];
      }),
    );
    const answers = [...sides.values()].map(({ answer }) => answer);
    const body = tee(response.body, this.#clock, (chunk) => {
      for (const answer of answers) answer.body.add(chunk);
    });
    body.onClose((error) => {
      for (const call of this.#calls) {
        call.primaryEnded(error === undefined ? (sides.get(call) ?? 'none') : 'none');
      }
    });
    return { ...response, body };
  }
}
