/** Many streams at once, and through reloads. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createH2,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf } from '../listener/gateway.ts';
import { reading, streamGateway, streaming } from './support.ts';

/** As many as a bulkhead has slots. */
const SLOTS = 128;

/** An upstream of HTTP/2 without TLS, whose sessions take 100 streams each. */
async function h2Streaming() {
  const open: ServerHttp2Stream[] = [];
  const server = createH2({ settings: { maxConcurrentStreams: 100 } });
  let sessions = 0;
  server.on('session', (session) => {
    sessions += 1;
    onTestFinished(() => session.destroy());
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    if (headers[':path'] === '/plain') {
      stream.respond({ ':status': 200 });
      stream.end('plain');
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
    open.push(stream);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, open, sessions: () => sessions };
}

describe('with as many streams open as there are slots', () => {
  test('requests to the same upstream pass', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { upstream: { sockets: SLOTS } });
    await Promise.all(Array.from({ length: SLOTS }, () => reading(`${gateway.url}/events`)));

    const answers = await Promise.all(
      Array.from({ length: SLOTS }, () => fetch(`${gateway.url}/plain`)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(upstream.answers).toHaveLength(SLOTS);
    expect(await metricsOf(gateway)).toMatch(/portico_bulkhead_slots\{[^}]*\} 0\n/);
  });

  test('requests pass over HTTP/2 too, by further sessions', async () => {
    const upstream = await h2Streaming();
    const gateway = await streamGateway(upstream.url, { upstream: { http2: true } });
    await Promise.all(Array.from({ length: SLOTS }, () => reading(`${gateway.url}/events`)));

    const answers = await Promise.all(
      Array.from({ length: SLOTS }, () => fetch(`${gateway.url}/plain`)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(upstream.open).toHaveLength(SLOTS);
    expect(upstream.sessions()).toBeLessThan(10);
  });

  test('each gets its events', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url);
    const clients = await Promise.all(
      Array.from({ length: SLOTS }, () => reading(`${gateway.url}/events`)),
    );

    upstream.answers.forEach((answer, i) => answer.write(`data: ${i}\n\n`));

    const got = await Promise.all(clients.map((client) => client.until((text) => text !== '')));
    expect(new Set(got).size).toBe(SLOTS);
  });
});

describe('a connection that a stream held', () => {
  test('serves requests afterwards, and no more are opened than are needed', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      upstream: { bulkhead: { concurrency: 1 }, connections: 1, keepAlive: '1m' },
    });
    for (let i = 0; i < 5; i++) {
      const client = await reading(`${gateway.url}/events`);
      expect((await fetch(`${gateway.url}/plain`)).status).toBe(200);
      upstream.answers[0]!.end();
      expect(await client.closed).toBe(true);
    }

    expect(upstream.connections).toBeLessThanOrEqual(2);
  });
});

describe('reloads', () => {
  test('leave streams alone, whose generation is freed with the last', async () => {
    const upstream = await streaming();
    const folder = mkdtempSync(join(tmpdir(), 'portico-streams-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.config.yaml');
    const write = (stream: object): void =>
      writeFileSync(
        file,
        JSON.stringify({
          version: 1,
          server: { host: '127.0.0.1', port: 0 },
          admin: { port: 0 },
          upstreams: { up: { targets: [upstream.url] } },
          routes: { events: { match: { path: '/*' }, upstream: 'up', stream } },
        }),
      );
    write({ perConsumer: 3 });
    const gateway = await createGateway({ file, environment: {}, log: pino({ level: 'silent' }) });
    await gateway.listen();
    onTestFinished(() => gateway.close().then(() => undefined));
    const client = await reading(`${gateway.url}/events`);

    for (let i = 2; i <= 4; i++) {
      write({ perConsumer: i });
      expect((await gateway.reload('signal')).result).toBe('applied');
      upstream.answers[0]!.write(`data: ${i}\n\n`);
      await client.until((text) => text.endsWith(`data: ${i}\n\n`));
    }

    write({ perConsumer: 1 });
    expect((await gateway.reload('signal')).result).toBe('applied');
    // The client has one open, from a generation that allowed more.
    expect((await fetch(`${gateway.url}/events`)).status).toBe(429);
    client.answer.destroy();
    await eventually(() => upstream.answers.length === 0);
    const next = await reading(`${gateway.url}/events`);
    next.answer.destroy();
  });
});

describe('streams of one target', () => {
  test('do not turn requests away from it', async () => {
    const [one, other] = await Promise.all([streaming(), streaming()]);
    const gateway = await streamGateway([one.url, other.url]);
    await Promise.all(Array.from({ length: 60 }, () => reading(`${gateway.url}/events`)));
    const least = one.answers.length < other.answers.length ? one : other;
    for (const answer of least.answers) answer.end();
    await eventually(() => least.answers.length === 0);
    const before = [one.hits, other.hits];

    for (let i = 0; i < 100; i++) expect((await fetch(`${gateway.url}/plain`)).status).toBe(200);

    const got = [one.hits - before[0]!, other.hits - before[1]!];
    expect(Math.min(...got)).toBeGreaterThan(20);
  });
});
