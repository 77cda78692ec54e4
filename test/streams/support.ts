/** A gateway in front of upstreams that stream, and clients that read what comes as it comes. */
import { once } from 'node:events';
import { get, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import type { TestGateway, TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { type FakeUpstream, startUpstream } from '../helpers/upstream.ts';

export interface Streaming extends FakeUpstream {
  /** The answers that are open, the oldest first; the head of each is out. */
  readonly answers: ServerResponse[];
}

/** Answers all paths with an open stream, but `/plain`, `/short` and `/failing`. */
export async function streaming(
  type = 'text/event-stream',
  fields: Readonly<Record<string, string>> = {},
): Promise<Streaming> {
  const answers: ServerResponse[] = [];
  const upstream = await startUpstream((request, response) => {
    if (request.url === '/plain') {
      response.end('plain');
      return;
    }
    if (request.url === '/short' || request.url === '/failing') {
      response.writeHead(request.url === '/short' ? 200 : 500, { 'content-type': type });
      response.end('data: only\n\n');
      return;
    }
    response.writeHead(200, { 'content-type': type, ...fields });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    answers.push(response);
    response.on('close', () => answers.splice(answers.indexOf(response), 1));
  });
  return Object.defineProperties(
    { answers } as Streaming,
    Object.getOwnPropertyDescriptors(upstream),
  );
}

interface StreamGatewayOptions {
  /** Of the key `stream`. */
  readonly stream?: unknown;
  readonly upstream?: object;
  readonly route?: object;
  readonly config?: object;
  readonly options?: TestGatewayOptions;
}

/** All of `/*` goes to `targets`. */
export const streamGateway = (
  targets: string | readonly string[],
  { stream, upstream, route, config, options }: StreamGatewayOptions = {},
): Promise<TestGateway> =>
  startGateway({
    ...options,
    config: {
      admin: { port: 0 },
      upstreams: { up: { targets: [targets].flat(), ...upstream } },
      routes: {
        events: {
          match: { path: '/*' },
          upstream: 'up',
          ...(stream !== undefined && { stream }),
          ...route,
        },
      },
      ...config,
    },
  });

export interface Reader {
  readonly answer: IncomingMessage;
  /** All that has come. */
  readonly text: () => string;
  /** Resolves once `claim` holds of it. */
  until(claim: (text: string) => boolean): Promise<string>;
  /** Resolves with whether the answer was whole. */
  readonly closed: Promise<boolean>;
}

/** The head of an answer has come. */
export async function reading(url: string, options: RequestOptions = {}): Promise<Reader> {
  const request = get(url, { agent: false, ...options });
  onTestFinished(() => void request.destroy());
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  answer.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  answer.on('error', () => undefined);
  request.on('error', () => undefined);
  const closed = new Promise<boolean>((resolve) => {
    answer.on('close', () => resolve(answer.complete));
  });
  const until = (claim: (all: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const stop = (): void => void answer.off('data', look).off('close', lost);
      const look = (): void => {
        if (!claim(text)) return;
        stop();
        resolve(text);
      };
      const lost = (): void => {
        stop();
        reject(new Error(`closed after: ${text}`));
      };
      answer.on('data', look).on('close', lost);
      look();
    });
  return { answer, text: () => text, until, closed };
}

/** Begins to stop `gateway`; resolves once its streams have been told. */
export async function beginStop({ gateway, url }: TestGateway): Promise<Promise<boolean>[]> {
  const closed = gateway.close();
  // It stops to listen right after.
  while (
    await fetch(`${url}/plain`).then(
      () => true,
      () => false,
    )
  );
  return [closed];
}
