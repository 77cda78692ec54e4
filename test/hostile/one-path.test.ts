import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { canonicalPath } from '../../src/core/canonical-path.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { parse, type RawResponse } from '../gateway/support/socket.ts';
import { size } from '../helpers/figures.ts';

const RUNS = size('PATHS', 3_000, 100_000);
const CONNECTIONS = 8;

// prettier-ignore
const PIECES = [
  'admin', 'Admin', 'open', 'a', 'x', '%61dmin', '%41', '%2e', '%2E', '%2f', '%2F', '%5c', '%5C', '.',
  '..', '...', '/', '//', ';', ';x=1', '..;', '%3b', '%3B', '%00', '%0a', '%7f', '%20', '%09',
  '%25', '%252e', '%c3%a9', '%C3%A9', '%c0%af', '%ff', '%zz', '%', '%6', '~', '%7e', '%7E', '-', '_',
  '$', '&', "'", '(', ')', '*', '+', ',', '=', ':', '@', '!', '"', '<',
  '>', '[', ']', '^', '`', '{', '|', '}', '\\', '#', '%23', '%3f', '%u0061', 'é',
  '+',
];
const piece = fc.constantFrom(...PIECES);
const query = fc.constantFrom('', '?', '?a=b', '?../admin', '?%2e%2e=%zz', '?a?b', '?a=/../x');
const anyTarget = fc
  .tuple(
    fc.constantFrom('/', '//', '/admin/', '/open/../', ''),
    fc.array(piece, { maxLength: 7 }),
    query,
  )
  .map(([start, pieces, rest]) => `${start}${pieces.join('')}${rest}`)
  .filter((text) => text !== '' && !/[^\x21-\xff]/.test(text));

const RULES = { handling: 'reject', escapedSlash: 'refuse', parameters: 'keep' } as const;

/** Servers that drop parameters: all of them, or those that were not escaped. */
const DROPPING = [
  (path: string): string => path.replaceAll(/(;|%3B)[^/]*/g, ''),
  (path: string): string => path.replaceAll(/;[^/]*/g, ''),
];

/** What the routes say, told again in one line each. */
function routeOf(path: string): string {
  if (/^\/admin(\/|$)/.test(path)) return 'admin';
  return /^\/open\/[^/]+$/.test(path) ? 'item' : 'all';
}

test(
  'router, plugins and upstream see one path, or the request is refused',
  { timeout: 300_000 },
  async () => {
    const upstream = createServer((request, response) => {
      response.setHeader('x-upstream-url', request.url ?? '').end();
    });
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      upstream.closeAllConnections();
      upstream.close();
    });
    const { port } = upstream.address() as AddressInfo;
    const { url } = await startGateway({
      config: {
        plugins: { seen: { module: new URL('seen.ts', import.meta.url).pathname } },
        upstreams: { up: { targets: [`http://127.0.0.1:${port}`], breaker: false, retry: false } },
        defaults: { routes: { seen: {} } },
        routes: {
          admin: { match: { path: '/admin/*' }, upstream: 'up' },
          item: { match: { path: '/open/{id}' }, upstream: 'up' },
          all: { match: { path: '/*' }, upstream: 'up' },
        },
      },
    });

    const sample = fc.sample(anyTarget, { numRuns: RUNS, seed: 7 });
    let served = 0;
    let refused = 0;
    await overConnections(url, sample, (text, answer) => {
      if (answer.status !== 200) {
        expect([400, 414, 501], JSON.stringify(text)).toContain(answer.status);
        refused += 1;
        return;
      }
      served += 1;
      const {
        'x-seen-path': path = '',
        'x-seen-url': seenUrl,
        'x-upstream-url': sent,
      } = answer.headers;
      const at = text.indexOf('?');
      const asked = at < 0 ? '' : text.slice(at);
      expect(sent, JSON.stringify(text)).toBe(path + asked);
      expect(seenUrl).toBe(sent);
      expect(answer.headers['x-seen-route'], path).toBe(routeOf(path));
      // It is what it would become, so that whoever reads it again reads the same.
      expect(canonicalPath(path, RULES)).toBe(path);
      expect(new URL(`http://a${path}`).pathname).toBe(path);
      // Nor does one who drops parameters reach what another route guards.
      for (const drop of DROPPING) {
        const read = drop(path);
        expect(routeOf(read), path).toBe(routeOf(path));
        expect(canonicalPath(read, RULES)).toBe(read);
      }
    });

    expect(served + refused).toBe(RUNS);
    expect(Math.min(served, refused)).toBeGreaterThan(RUNS / 20);
  },
);

/** Sends each target on one of a few connections; a connection that is closed is opened anew. */
async function overConnections(
  origin: string,
  targets: readonly string[],
  judge: (target: string, answer: RawResponse) => void,
): Promise<void> {
  const { hostname, port } = new URL(origin);
  const dial = async (): Promise<Socket> => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  let next = 0;
  const client = async (): Promise<void> => {
    let socket = await dial();
    for (let i = next++; i < targets.length; i = next++) {
      const text = targets[i]!;
      if (socket.destroyed || socket.readableEnded) socket = await dial();
      const answer = await ask(socket, text);
      judge(text, parse(answer));
      if (/^connection: close/im.test(answer)) socket.destroy();
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

function ask(socket: Socket, target: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const settle = (): void => {
      socket.off('data', take).off('close', settle);
      resolve(answer);
    };
    const take = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      const { headers, body } = parse(answer);
      const length = headers['content-length'];
      if (length !== undefined && body.length >= Number(length)) settle();
      else if (headers['transfer-encoding'] !== undefined && body.endsWith('0\r\n\r\n')) settle();
    };
    socket.on('data', take).on('close', settle);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`, 'latin1');
  });
}
