/** HTTP/2 as a client speaks it, with TLS or by prior knowledge. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { onTestFinished } from 'vitest';
import { pem } from './secure-upstream.ts';
import { noteAnswer } from './what-came.ts';

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A session that ends with the test; it trusts the test authority. */
export async function openH2(
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, { ca: pem('ca.pem'), ...options });
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  await once(session, 'connect');
  return session;
}

/** A stream whose errors are looked at where it ends; its body is open unless it is a GET. */
export function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: headers[':method'] === undefined });
  stream.on('error', () => undefined);
  return stream;
}

/** The whole answer; rejects where the stream is reset. */
export async function answerOf(stream: ClientHttp2Stream): Promise<H2Answer> {
  const chunks: Buffer[] = [];
  let trailers: IncomingHttpHeaders = {};
  const isOver = new Promise((resolve) => stream.once('close', resolve));
  stream.on('trailers', (fields: IncomingHttpHeaders) => (trailers = fields));
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  // Behind a body of no bytes, trailers are told after its end.
  await isOver;
  if (stream.rstCode !== 0) throw new Error(`reset: ${stream.rstCode}`);
  const body = Buffer.concat(chunks);
  const status = Number(headers[':status']);
  noteAnswer({ status, headers, body });
  return { status, headers, trailers, body };
}

/** One request, with a body or without. */
export function fetchH2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: Buffer | string,
): Promise<H2Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  stream.on('error', () => undefined);
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}
