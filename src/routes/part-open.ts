/**
 * Opens a part: makes its call and hands over the head of the answer, with a body that streams. Its time bounds the
 * head; after that, the upstream's `idleTimeout` and the client decide.
 */
import type { UpstreamResponse } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { GatewayError } from '../core/errors.ts';
import type { CallRecord } from '../core/record.ts';
import { streamed } from '../core/request-body.ts';
import type { Receiver } from '../core/sender.ts';
import { Timeout } from '../core/timeouts.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { type PartRequest, PartStatusError } from './part.ts';
import type { PartContext } from './part-run.ts';

/**
 * The answer, once its head is here. Its body must be read or destroyed.
 *
 * @throws PartStatusError for 4xx and 5xx; GW_UPSTREAM_TIMEOUT, GW_DEADLINE_EXCEEDED; whatever the call throws
 */
export function openPart(
  { sender }: UpstreamCall,
  { exchange, group }: PartContext,
  part: PartRequest,
): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    const record = exchange.record.call('part', part.name, part.upstream, part.time.now());
    const signal = group.child();
    const opening = new Opening({ part, signal, record, resolve, reject });
    try {
      sender.send(upstreamRequest(exchange, part, signal, record), opening);
    } catch (error) {
      opening.failed(error);
    }
  });
}

interface OpeningOptions {
  readonly part: PartRequest;
  readonly signal: Cancellation;
  readonly record: CallRecord;
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: unknown) => void;
}

class Opening extends Timeout implements Receiver {
  readonly #options: OpeningOptions;
  #isOver = false;

  constructor(options: OpeningOptions) {
    super();
    this.#options = options;
    const { time, body } = options.part;
    const upload = streamed(body);
    if (upload === undefined) time.begin(this);
    else upload.onEnd(() => !this.#isOver && time.begin(this));
  }

  override expire(): void {
    const { part, signal } = this.#options;
    signal.cancel(new GatewayError(part.time.code, `${part.name} took too long`));
  }

  answered(response: UpstreamResponse): void {
    const { part, record, resolve, reject } = this.#options;
    const { status, body } = response;
    this.#end();
    record.end(status, part.time.now());
    if (status < 400) {
      resolve(response);
      return;
    }
    void body.dump().then(() => reject(new PartStatusError(part.name, status)));
  }

  failed(error: unknown): void {
    const { part, record, reject } = this.#options;
    this.#end();
    record.fail(error, part.time.now());
    reject(error);
  }

  #end(): void {
    this.#isOver = true;
    this.stop();
  }
}
