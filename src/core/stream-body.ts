/** A standard stream as a body. */
import type { Readable } from 'node:stream';
import { Body, type BodySource } from './body.ts';

/** Takes over `stream`, of which nothing may have been read: ending the body destroys it. */
export function bodyOf(stream: Readable): Body {
  const source: BodySource = {
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    awaited() {},
    abort: (reason) => stream.destroy(reason),
    now: () => 0,
  };
  const body = new Body(source);
  stream.on('data', (chunk: Uint8Array | string) =>
    body.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
  );
  stream.on('end', () => body.finish(undefined));
  stream.on('error', (error) => body.fail(error));
  stream.on('close', () => body.fail(new Error('the stream was closed before its end')));
  return body;
}
