/**
 * Reads answers of GraphQL inside the chain of the upstream, between the circuit and the socket: HTTP says 200 for
 * failures too, and a circuit that counts heads would never open.
 *
 * So the answer settles when its body is whole. A failure that blames the upstream is thrown, which the circuit counts;
 * any other outcome goes on as a body that was read.
 */
import type { UpstreamRequest, UpstreamResponse } from '../../core/call.ts';
import { codingsOf, decode, toUtf8 } from '../../core/decode.ts';
import { ReadBody } from '../../core/read-body.ts';
import type { Abortable, Layer, Receiver, Sender } from '../../core/sender.ts';
import { judgeAnswer, judgeRefusal, type Verdict } from './answer.ts';
import type { GraphqlConfig } from './operation.ts';

/** @param maxBytes the longest answer; a longer one fails as any part does */
export function readingAnswers(config: GraphqlConfig, maxBytes: number): Layer {
  return {
    wrap: (next: Sender): Sender => ({
      send: (request: UpstreamRequest, receiver: Receiver) =>
        new Reading(receiver, config, maxBytes).start(next, request),
    }),
  };
}

class Reading implements Receiver, Abortable {
  readonly #receiver: Receiver;
  readonly #config: GraphqlConfig;
  readonly #maxBytes: number;
  #sent: Abortable | undefined;
  #body: UpstreamResponse['body'] | undefined;

  constructor(receiver: Receiver, config: GraphqlConfig, maxBytes: number) {
    this.#receiver = receiver;
    this.#config = config;
    this.#maxBytes = maxBytes;
  }

  start(next: Sender, request: UpstreamRequest): this {
    this.#sent = next.send(request, this);
    return this;
  }

  abort(reason: Error): void {
    if (this.#body === undefined) this.#sent?.abort(reason);
    else this.#body.destroy(reason);
  }

  failed(error: unknown): void {
    this.#receiver.failed(error);
  }

  answered(response: UpstreamResponse): void {
    if (!this.#isRead(response)) {
      this.#receiver.answered(response);
      return;
    }
    this.#body = response.body;
    this.#read(response).then(
      (verdict) => this.#settle(response, verdict),
      (error: unknown) => this.#receiver.failed(error),
    );
  }

  /** A server may say that it does not know a hash with a status of its own. */
  #isRead({ status }: UpstreamResponse): boolean {
    if (status >= 200 && status <= 299) return true;
    return this.#config.persisted && (status === 400 || status === 404);
  }

  async #read({ status, headers, body }: UpstreamResponse): Promise<Verdict> {
    const bytes = await decode(
      await body.bytes(this.#maxBytes),
      codingsOf(headers['content-encoding']),
      this.#maxBytes,
    );
    const text = toUtf8(bytes, headers['content-type']);
    if (status >= 200 && status <= 299) return judgeAnswer(text, this.#config);
    return judgeRefusal(text);
  }

  #settle({ status, headers, target }: UpstreamResponse, verdict: Verdict): void {
    if (verdict.kind === 'fault') {
      this.#receiver.failed(verdict.error);
      return;
    }
    const { outcome } = verdict;
    const isWhole = outcome.json !== undefined && outcome.degraded === undefined;
    const { 'content-length': _length, 'content-encoding': _coding, ...rest } = headers;
    this.#receiver.answered({
      status,
      headers: {
        ...rest,
        'content-type': 'application/json',
        // A cache around this must not keep what the next answer may have.
        ...(!isWhole && { 'cache-control': 'no-store' }),
      },
      body: new ReadBody(outcome),
      target,
    });
  }
}
