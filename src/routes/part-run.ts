/**
 * Runs a part: makes its call and reads the whole answer as JSON, under one time limit for all of it.
 *
 * One object is the receiver of the call, the sink of its body and the timer, because an answer may have many
 * parts, and promises between these would cost more than the rest.
 */
import type { UpstreamResponse } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { codingsOf, decode, hasCharset, toUtf8 } from '../core/decode.ts';
import { GatewayError } from '../core/errors.ts';
import type { Headers, HeaderValue } from '../core/headers.ts';
import { type Json, NOTHING } from '../core/json.ts';
import { ReadBody, type ReadOutcome } from '../core/read-body.ts';
import type { CallRecord } from '../core/record.ts';
import { streamed } from '../core/request-body.ts';
import type { Receiver } from '../core/sender.ts';
import { asBuffer, type Sink } from '../core/sink.ts';
import { soon } from '../core/soon.ts';
import { Timeout } from '../core/timeouts.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { type PartRequest, PartStatusError } from './part.ts';
import { type ErrorDetail, errorDetail } from './part-error.ts';

/** Is told once how a part ended. Must not throw. */
export interface PartReceiver {
  /** `degraded`: why it is less than what was asked for, in one word. */
  came(json: Json, degraded?: string): void;
  missed(error: unknown): void;
}

/** On whose behalf a part runs, and what ends it early. */
export interface PartContext {
  readonly exchange: ClientExchange;
  readonly group: Cancellation;
}

/**
 * Makes the call and reads the whole answer; `null` if that is empty.
 *
 * @throws PartStatusError for a status that is not 2xx; GW_UPSTREAM_TIMEOUT, GW_DEADLINE_EXCEEDED;
 *   GW_UPSTREAM_INVALID when it is not JSON, cannot be decoded, or is too long; whatever the call throws
 */
export function runPart(
  upstream: UpstreamCall,
  context: PartContext,
  part: PartRequest,
): Promise<Json> {
  return new Promise((resolve, reject) => {
    startPart(upstream, context, part, { came: resolve, missed: reject });
  });
}

/** The same without a promise; `receiver` may be told before this returns. */
export function startPart(
  { sender }: UpstreamCall,
  { exchange, group }: PartContext,
  part: PartRequest,
  receiver: PartReceiver,
): void {
  const record = exchange.record.call('part', part.name, part.upstream, part.time.now());
  const signal = group.child();
  const run = new PartRun(part, signal, record, receiver);
  try {
    sender.send(upstreamRequest(exchange, part, signal, record), run);
  } catch (error) {
    run.failed(error);
  }
}

/**
 * Its time ends the part. While the client is still sending its body, that is waited for first.
 */
class PartRun extends Timeout implements Receiver, Sink {
  readonly #part: PartRequest;
  readonly #signal: Cancellation;
  readonly #record: CallRecord;
  readonly #receiver: PartReceiver;
  #response: UpstreamResponse | undefined;
  /** The first chunk, which is all of most answers. */
  #first: Uint8Array | undefined;
  #others: Uint8Array[] | undefined;
  #bytes = 0;
  #isOver = false;

  constructor(part: PartRequest, signal: Cancellation, record: CallRecord, receiver: PartReceiver) {
    super();
    this.#part = part;
    this.#signal = signal;
    this.#record = record;
    this.#receiver = receiver;
    const upload = streamed(part.body);
    if (upload === undefined) part.time.begin(this);
    else upload.onEnd(() => !this.#isOver && part.time.begin(this));
  }

  // --- the time limit -------------------------------------------------------------------------

  override expire(): void {
    const { name, time } = this.#part;
    this.#signal.cancel(new GatewayError(time.code, `${name} took too long`));
  }

  // --- the call -------------------------------------------------------------------------------

  answered(response: UpstreamResponse): void {
    const { status, headers, body } = response;
    this.#response = response;
    if (status < 200 || status > 299) void this.#refuse(response);
    else if (body instanceof ReadBody) this.#take(body.outcome);
    else if (isPlain(headers)) {
      // Most bodies arrive together with their head; a reader before that would start the clock of the next chunk.
      soon(() => body.readInto(this));
    } else void this.#decode(response);
  }

  /** A layer has read it. */
  #take(outcome: ReadOutcome): void {
    if (outcome.json === undefined) {
      this.failed(outcome.error);
      return;
    }
    this.#record.cause = outcome.cause;
    this.#succeed(outcome.json, outcome.degraded);
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#record.fail(error, this.#part.time.now());
    if (error instanceof PartStatusError) this.#record.ending = error.status;
    this.#receiver.missed(error);
  }

  // --- its body -------------------------------------------------------------------------------

  chunk(bytes: Uint8Array): boolean {
    this.#bytes += bytes.length;
    const { maxBodyBytes } = this.#part;
    if (this.#bytes > maxBodyBytes) {
      const error = new GatewayError('GW_UPSTREAM_INVALID', `body over ${maxBodyBytes} bytes`);
      this.failed(error);
      this.#response!.body.destroy(error);
    } else if (this.#first === undefined) this.#first = bytes;
    else if (this.#others === undefined) this.#others = [bytes];
    else this.#others.push(bytes);
    return true;
  }

  end(): void {
    if (this.#first === undefined) this.#succeed(NOTHING);
    else if (this.#others === undefined) this.#read(asBuffer(this.#first));
    else this.#read(Buffer.concat([this.#first, ...this.#others]));
  }

  fail(error: Error): void {
    this.failed(error);
  }

  #read(bytes: Buffer, type?: HeaderValue): void {
    let json: Json;
    try {
      json = this.#part.answer.read(toUtf8(bytes, type));
    } catch (error) {
      this.failed(error);
      return;
    }
    this.#succeed(json);
  }

  #succeed(json: Json, degraded?: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#record.end(this.#response!.status, this.#part.time.now());
    this.#receiver.came(json, degraded);
  }

  async #refuse(response: UpstreamResponse): Promise<void> {
    const { name, answer } = this.#part;
    let detail: ErrorDetail | undefined;
    if (answer.errorBytes === 0) await response.body.dump();
    else detail = await errorDetail(response, answer.errorBytes);
    this.failed(new PartStatusError(name, response.status, detail));
  }

  /** Bytes that are compressed or in another charset. */
  async #decode({ headers, body }: UpstreamResponse): Promise<void> {
    const { maxBodyBytes } = this.#part;
    try {
      const codings = codingsOf(headers['content-encoding']);
      const bytes = await decode(await body.bytes(maxBodyBytes), codings, maxBodyBytes);
      if (bytes.length === 0) this.#succeed(NOTHING);
      else this.#read(bytes, headers['content-type']);
    } catch (error) {
      this.failed(error);
    }
  }

  #end(): void {
    this.#isOver = true;
    this.stop();
  }
}

/** Neither compressed nor in a charset of its own. */
const isPlain = (headers: Headers): boolean =>
  codingsOf(headers['content-encoding']).length === 0 && !hasCharset(headers['content-type']);
