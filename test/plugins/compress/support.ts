/** A client that tells bytes as they came and as they are meant, and upstreams with bodies of any length. */
import { once } from 'node:events';
import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import zlib from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { TestGateway } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startUpstream } from '../../helpers/upstream.ts';
import { noteAnswer } from '../../helpers/what-came.ts';

export interface Came {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  /** Decoded as `content-encoding` says. */
  readonly text: string;
}

export const CODINGS = ['zstd', 'br', 'gzip'] as const;

const DECODERS = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: zlib.zstdDecompressSync,
} as const;

export function decoded(
  { 'content-encoding': coding }: IncomingMessage['headers'],
  bytes: Buffer,
): string {
  const decode = DECODERS[coding as keyof typeof DECODERS];
  return (bytes.length > 0 && decode ? decode(bytes) : bytes).toString('latin1');
}

interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** Sends only these header fields. */
export async function ask(
  url: string,
  { method = 'GET', headers = {} }: Asking = {},
): Promise<Came> {
  const asked = request(url, { method, headers, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  const came = { status: answer.statusCode!, headers: answer.headers, bytes };
  noteAnswer({ asked: `${method} ${url}`, ...came, body: bytes });
  return { ...came, text: decoded(answer.headers, bytes) };
}

/** Not quite as compressible as one letter: lines of words and numbers. */
export function textOf(length: number): string {
  let text = '';
  for (let i = 0; text.length < length; i++)
    text += `line ${i} of the catalog, price ${(i * 7919) % 997}\n`;
  return text.slice(0, length);
}

/** In front of `listener`, with these plugin keys on the route. */
export async function gatewayTo(
  listener: RequestListener,
  route: object = { compress: {} },
  more: object = {},
): Promise<TestGateway> {
  const { url } = await startUpstream(listener);
  return startGateway({
    config: {
      upstreams: { up: { targets: [url] } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', ...route } },
      ...more,
    },
  });
}

/** The head of the answer, whose body is still to come. */
export async function opened(url: string, coding: string): Promise<IncomingMessage> {
  const asked = request(url, { headers: { 'accept-encoding': coding }, agent: false }).end();
  asked.on('error', () => undefined);
  onTestFinished(() => void asked.destroy());
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

/** An upstream whose answers the test writes. */
export async function open(route?: object, more?: object) {
  const answers: ServerResponse[] = [];
  const gateway = await gatewayTo(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.flushHeaders();
      answers.push(response);
    },
    route,
    more,
  );
  return { gateway, answers };
}
