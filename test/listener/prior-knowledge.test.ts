import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { frame, PREFACE, TYPE } from '../helpers/h2-frames.ts';

/** Says what it was asked, behind a listener without TLS. */
const listening = (server: object = {}) =>
  startGateway({
    config: {
      server: { http2: 'prior', ...server },
      routes: { all: forwardTo('/*'), here: { match: { path: '/here' }, respond: { body: 'ok' } } },
    },
    upstreams: {
      up: ({ path, headers }) => ({ body: { path, proto: headers['x-forwarded-proto'] } }),
    },
  });

describe('HTTP/2 without TLS', () => {
  test('serves a hundred streams of one connection', async () => {
    const { url, seen } = await listening();
    const session = await openH2(url);
    const asked = Array.from({ length: 100 }, (_, i) => fetchH2(session, { ':path': `/${i}` }));
    const answers = await Promise.all(asked);
    expect(answers.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual(
      answers.map((_, i) => ({ path: `/${i}`, proto: 'http' })),
    );
    expect(seen).toHaveLength(100);
  });

  test('is what curl speaks with --http2-prior-knowledge, beside HTTP/1.1', async (context) => {
    if (spawnSync('curl', ['--version']).error !== undefined) context.skip('curl is not installed');
    const { url } = await listening();
    const curl = async (...options: readonly string[]): Promise<string> => {
      const told = ['-s', '-m', '10', '-w', ' %{http_version}', ...options, `${url}/here`];
      const child = spawn('curl', told, { stdio: ['ignore', 'pipe', 'inherit'] });
      return Buffer.concat((await child.stdout.toArray()) as Buffer[]).toString();
    };
    expect(await curl('--http2-prior-knowledge')).toBe('ok 2');
    expect(await curl('--http1.1')).toBe('ok 1.1');
    // An offer to upgrade is declined (RFC 9113 §3.1).
    expect(await curl('--http2')).toBe('ok 1.1');
  });

  test('begins wherever its preface is split', async () => {
    const { url } = await listening();
    for (let at = 1; at < PREFACE.length; at++) {
      const socket = await open(url);
      socket.write(PREFACE.subarray(0, at));
      await new Promise(setImmediate);
      socket.write(Buffer.concat([PREFACE.subarray(at), frame(TYPE.settings, 0, 0)]));
      const [first] = (await once(socket, 'data')) as [Buffer];
      expect([at, first[3]]).toEqual([at, TYPE.settings]);
      socket.destroy();
    }
  });

  test.each(['GET', 'POST', 'PUT', 'P'])('leaves %s to HTTP/1.1, byte by byte', async (method) => {
    const { url } = await listening();
    const socket = await open(url);
    const fields = 'host: a\r\ncontent-length: 0\r\nconnection: close\r\n';
    for (const byte of `${method} /here HTTP/1.1\r\n${fields}\r\n`) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    expect(parse(await receive(socket)).status).toBe(method === 'P' ? 400 : 200);
  });

  test('keeps the requests that one packet holds, in their order', async () => {
    const { url } = await listening();
    const socket = await open(url);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n`;
    socket.end(`${get('/one')}\r\n${get('/two')}connection: close\r\n\r\n`);
    const text = await receive(socket);
    expect(text.match(/"path":"[^"]*"/g)).toEqual(['"path":"/one"', '"path":"/two"']);
  });

  test('answers 408 to a connection that says nothing', async () => {
    const { url } = await listening({ limits: { headersTimeout: '200ms' } });
    const answer = parse(await receive(await open(url)));
    expect([answer.status, problemCode(answer)]).toEqual([408, 'GW_REQUEST_TIMEOUT']);
  });

  test('ends a connection that stops within the preface, and serves on', async () => {
    const { url } = await listening();
    const socket = await open(url);
    socket.end(PREFACE.subarray(0, 10));
    await receive(socket);
    expect((await fetchH2(await openH2(url), { ':path': '/here' })).status).toBe(200);
  });

  test('does not delay the end by connections that have said nothing', async () => {
    const { url, gateway } = await listening();
    const silent = await open(url);
    const ended = receive(silent);
    expect(await gateway.close()).toBe(true);
    await ended;
  });

  test('is not there unless it is asked for', async () => {
    const { url } = await listening({ http2: 'none' });
    const socket = await open(url);
    socket.write(PREFACE);
    expect(await receive(socket)).toMatch(/^HTTP\/1\.1 [45]/);
  });
});
