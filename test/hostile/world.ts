/**
 * What hostile requests are sent to: a gateway with a guarded route beside an open one, and an upstream
 * that writes down what reaches it.
 *
 * A case is judged by both ends: what came back, and what reached the upstream.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testGateway } from '../../src/testing.ts';
import { connect } from 'node:net';
import { parse } from '../gateway/support/socket.ts';

export interface Reached {
  readonly method: string;
  readonly url: string;
  /** As they came: name, value, name, value. */
  readonly raw: readonly string[];
  readonly body: string;
}

export interface Verdict {
  /** Of each answer, in order; informational ones left out. */
  readonly statuses: readonly number[];
  readonly answer: string;
  readonly reached: readonly Reached[];
  /** The connection was closed by the gateway, or idle; never just silent. */
  readonly end: 'closed' | 'kept' | 'hangs';
}

export interface World {
  readonly url: string;
  /** Sends `text` as it is, byte by character, and waits for what comes of it. */
  attack(text: string): Promise<Verdict>;
  close(): Promise<void>;
}

/** Longest wait for an answer; all limits of the gateway are shorter. */
const PATIENCE_MS = 1_500;
/** An answer came, and then nothing more for so long. */
const QUIET_MS = 25;

export async function startWorld(): Promise<World> {
  const reached: Reached[] = [];
  const record = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      chunks.push(Buffer.from(' (cut)'));
    }
    const { method = '', url = '', rawHeaders } = request;
    const body = Buffer.concat(chunks).toString('latin1');
    reached.push({ method, url, raw: rawHeaders, body });
    response.end('served');
  };
  const upstream = createServer((request, response) => void record(request, response));
  upstream.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') {
      reached.push({ method: 'BROKEN', url: String(error.code), raw: [], body: '' });
    }
    socket.destroy();
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const gateway = await testGateway({ config: configOf(origin) });
  return {
    url: gateway.url,
    close: async () => {
      await gateway.close();
      upstream.closeAllConnections();
      upstream.close();
    },
    attack: async (text) => {
      reached.length = 0;
      const { answer, end } = await send(gateway.url, text);
      return { statuses: statusesOf(answer), answer, reached: [...reached], end };
    },
  };
}

const configOf = (origin: string) => ({
  server: {
    limits: {
      body: '1KiB',
      headers: '8KiB',
      url: '1KiB',
      idle: '300ms',
      headersTimeout: '400ms',
      keepAlive: '5s',
    },
  },
  plugins: {
    jwt: {
      issuers: {
        shop: {
          issuer: 'https://issuer.example',
          algorithms: ['HS256'],
          secret: 'a secret that is long enough for HS256',
        },
      },
    },
  },
  upstreams: { up: { targets: [origin], retry: false, breaker: false, outlier: false } },
  routes: {
    admin: {
      match: [{ path: '/admin/*' }, { path: '/Admin/*' }],
      jwt: { issuer: 'shop', forward: { sub: 'x-user-id' } },
      upstream: 'up',
    },
    open: { match: { path: '/*' }, upstream: 'up' },
    host: {
      match: { path: '/only', hosts: ['good.example'] },
      jwt: { issuer: 'shop' },
      upstream: 'up',
    },
  },
});

async function send(url: string, text: string): Promise<{ answer: string; end: Verdict['end'] }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text, 'latin1');
  return new Promise((resolve) => {
    let answer = '';
    let quiet: NodeJS.Timeout | undefined;
    const settle = (end: Verdict['end']): void => {
      clearTimeout(patience);
      clearTimeout(quiet);
      socket.destroy();
      resolve({ answer, end });
    };
    const patience = setTimeout(() => settle(answer === '' ? 'hangs' : 'kept'), PATIENCE_MS);
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      clearTimeout(quiet);
      if (/^HTTP\/1\.1 [2-5]/m.test(answer)) quiet = setTimeout(() => settle('kept'), QUIET_MS);
    });
    socket.on('end', () => settle('closed')).on('close', () => settle('closed'));
  });
}

function statusesOf(answer: string): number[] {
  const statuses: number[] = [];
  for (let rest = answer; rest.startsWith('HTTP/1.1 ');) {
    const { status, headers, body } = parse(rest);
    if (status >= 200) statuses.push(status);
    const length = Number(headers['content-length'] ?? 0);
    rest = body.slice(length).replace(/^\s+/, '');
  }
  return statuses;
}
