/** The messages of a request on their way upstream: checked, and decoded if they come as text. */
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { GatewayError, type RequestBody } from 'portico';
import { Base64Decoder } from './base64.ts';
import { MessageCheck } from './frames.ts';

type Room = Parameters<RequestBody['collect']>[0];
type Signal = Parameters<RequestBody['collect']>[1];

/** Decodes and checks one body, from its first byte. */
class Reading {
  readonly #decoder: Base64Decoder | undefined;
  readonly #check = new MessageCheck();

  constructor(isText: boolean) {
    this.#decoder = isText ? new Base64Decoder() : undefined;
  }

  take(chunk: Uint8Array): Uint8Array {
    return orRefused(() => {
      const bytes = this.#decoder?.decode(chunk) ?? chunk;
      this.#check.take(bytes);
      return bytes;
    });
  }

  end(): void {
    orRefused(() => {
      this.#decoder?.end();
      this.#check.end();
    });
  }
}

/** @throws GW_REQUEST_INVALID instead of a RangeError */
function orRefused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GatewayError('GW_REQUEST_INVALID', error.message, { cause: error });
  }
}

/** Its length is known only for bytes that pass as they are. */
export class MessageUpload implements RequestBody {
  readonly length: number | undefined;
  readonly #body: RequestBody;
  readonly #isText: boolean;

  constructor(body: RequestBody, isText: boolean) {
    this.length = isText ? undefined : body.length;
    this.#body = body;
    this.#isText = isText;
  }

  get isEnded(): boolean {
    return this.#body.isEnded;
  }

  get isFlowing(): boolean {
    return this.#body.isFlowing;
  }

  get isConversation(): boolean {
    return this.#body.isConversation;
  }

  get isReplayable(): boolean {
    return this.#body.isReplayable;
  }

  flowedMs(): number {
    return this.#body.flowedMs();
  }

  lagMs(now: number): number {
    return this.#body.lagMs(now);
  }

  quietMs(now: number): number {
    return this.#body.quietMs(now);
  }

  onEnd(listener: () => void): void {
    this.#body.onEnd(listener);
  }

  onRest(listener: () => void): void {
    this.#body.onRest(listener);
  }

  open(onStall?: (error: GatewayError) => void): Readable {
    const messages = new Messages(this.#isText);
    // Whichever is destroyed takes the other along; whoever did it knows why.
    pipeline(this.#body.open(onStall), messages, () => undefined);
    return messages;
  }

  async collect(room: Room, signal: Signal): Promise<Buffer | undefined> {
    const bytes = await this.#body.collect(room, signal);
    return bytes && decoded(bytes, this.#isText);
  }
}

/** A whole body. @throws GW_REQUEST_INVALID */
export function decoded(bytes: Uint8Array, isText: boolean): Buffer {
  const reading = new Reading(isText);
  const messages = reading.take(bytes);
  reading.end();
  return Buffer.from(messages.buffer, messages.byteOffset, messages.length);
}

/** Its error ends the call, whose upstream may have some of the messages. */
class Messages extends Transform {
  readonly #reading: Reading;

  constructor(isText: boolean) {
    super();
    this.#reading = new Reading(isText);
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#attempt(() => this.push(this.#reading.take(chunk)), done);
  }

  override _flush(done: TransformCallback): void {
    this.#attempt(() => this.#reading.end(), done);
  }

  #attempt(work: () => void, done: TransformCallback): void {
    try {
      work();
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  }
}
