/** Ways to read a body that is still arriving: as a stream, as bytes, or to its end, unread. */
import { Readable } from 'node:stream';
import { GatewayError } from './errors.ts';
import type { Sink, Through } from './sink.ts';

/** The part of a body that readers need. */
export interface ReadableBody {
  /** Sends everything to `sink` from now on. @throws TypeError if the body already has a reader */
  readInto(sink: Sink): void;
  resume(): void;
  destroy(reason?: Error): void;
}

/** A standard stream; destroying it ends the exchange. `through` sees what it gets. */
export function toStream(body: ReadableBody, through?: Through): Readable {
  const readable = new Readable({
    read: () => body.resume(),
    destroy: (error, done) => {
      body.destroy(error ?? new GatewayError('GW_CLIENT_CLOSED', 'the reader stopped'));
      done(error);
    },
  });
  const sink: Sink = {
    chunk: (bytes) => readable.push(bytes),
    end: () => readable.push(null),
    fail: (error) => readable.destroy(error),
  };
  body.readInto(through?.over(sink) ?? sink);
  return readable;
}

/**
 * All bytes of the body.
 *
 * @throws GW_UPSTREAM_INVALID past `capBytes`; whatever broke the exchange
 */
export async function collectBytes(body: ReadableBody, capBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  await readToEnd(body, (chunk) => {
    total += chunk.length;
    if (total > capBytes) {
      return new GatewayError('GW_UPSTREAM_INVALID', `body over ${capBytes} bytes`);
    }
    chunks.push(chunk);
    return undefined;
  });
  return Buffer.concat(chunks);
}

/** Reads to the end and keeps nothing; past `capBytes` the exchange ends. */
export async function readAway(body: ReadableBody, capBytes: number): Promise<void> {
  let total = 0;
  await readToEnd(body, (chunk) => {
    total += chunk.length;
    return total > capBytes ? notWanted() : undefined;
  }).catch(() => undefined);
}

/**
 * Reads to the end, unless `onChunk` returns why to stop.
 *
 * @throws TypeError synchronously, as `readInto` does
 */
function readToEnd(
  body: ReadableBody,
  onChunk: (chunk: Uint8Array) => Error | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  body.readInto({
    chunk: (bytes) => {
      const refusal = onChunk(bytes);
      if (refusal !== undefined) {
        reject(refusal);
        body.destroy(refusal);
      }
      return true;
    },
    end: () => resolve(),
    fail: reject,
  });
  return promise;
}

export const notWanted = (): GatewayError =>
  new GatewayError('GW_CLIENT_CLOSED', 'the body is not wanted');
