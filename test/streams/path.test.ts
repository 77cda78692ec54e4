/** Streams where they meet other parts of the gateway: hooks of Fastify, circuits, HTTP/2, HEAD. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../helpers/clock.ts';
import { answerOf, ask, openH2 } from '../helpers/h2-client.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf, pair } from '../listener/gateway.ts';
import { beginStop, reading, streamGateway, streaming } from './support.ts';

const payload = fileURLToPath(new URL('../plugins/fixtures/payload.ts', import.meta.url));

describe('where hooks of Fastify see answers', () => {
  const config = (url: string) => ({
    admin: { port: 0 },
    server: { shutdown: { grace: '5s' } },
    plugins: { payload: { module: payload } },
    upstreams: { up: { targets: [url] } },
    routes: { events: { match: { path: '/*' }, upstream: 'up', stream: { perConsumer: 1 } } },
  });

  test('an event stream ends after an event too', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { config: config(upstream.url) });
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n\ndata:');
    await client.until((text) => text.endsWith('data:'));

    const [closed] = await beginStop(gateway);
    upstream.answers[0]!.write(' 2\n\ndata: 3');

    expect(await closed).toBe(true);
    expect(await client.closed).toBe(true);
    expect(client.text()).toMatch(/^data: 1\n\ndata: 2\n\nretry: [1-5]\d{3}\n\n$/);
  });

  test('a client that has too many gets 429, and one that leaves frees its place', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { config: config(upstream.url) });
    const client = await reading(`${gateway.url}/events`);
    expect((await fetch(`${gateway.url}/events`)).status).toBe(429);

    client.answer.destroy();
    await eventually(() => upstream.answers.length === 0);
    await reading(`${gateway.url}/events`);
  });
});

describe('over HTTP/2', () => {
  test('an event stream ends after an event, and so does the session', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      config: {
        admin: { port: 0 },
        server: { tls: pair('server'), shutdown: { grace: '5s' } },
        upstreams: { up: { targets: [upstream.url] } },
        routes: { events: { match: { path: '/*' }, upstream: 'up' } },
      },
    });
    const stream = ask(await openH2(gateway.url), { ':path': '/events' });
    const answer = answerOf(stream);
    await eventually(() => upstream.answers.length === 1);
    upstream.answers[0]!.write('data: 1\n\n');
    let seen = '';
    stream.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await eventually(() => seen !== '');

    expect(await gateway.gateway.close()).toBe(true);

    await answer;
    expect(seen).toMatch(/^data: 1\n\nretry: [1-5]\d{3}\n\n$/);
  });
});

describe('a circuit', () => {
  const breaker = { consecutive: 1, open: '1m' };

  test('counts a stream that its upstream cuts as one failure', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { upstream: { breaker } });
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n\n');
    await client.until((text) => text !== '');
    upstream.answers[0]!.destroy();
    await client.closed;

    expect(gateway.gateway.status().upstreams[0]!.circuit).toBe('open');
  });

  test('counts nothing against an upstream whose stream a client leaves or the gateway ends', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      upstream: { breaker, sockets: 1 },
      stream: { maxAge: '10s' },
      options: { clock },
    });
    const first = await reading(`${gateway.url}/events`);
    // There is no place for another.
    expect((await fetch(`${gateway.url}/events`)).status).toBe(503);
    first.answer.destroy();
    await eventually(() => upstream.answers.length === 0);
    const second = await reading(`${gateway.url}/events`);
    clock.advance(10_001);
    expect(await second.closed).toBe(true);
    await eventually(() => upstream.answers.length === 0);

    expect(gateway.gateway.status().upstreams[0]!.circuit).toBe('closed');
  });
});

describe('an answer of the type of a stream', () => {
  test.each([
    ['to HEAD', '/events', 'HEAD', 200],
    ['that is an error', '/failing', 'GET', 500],
  ])('%s takes no place', async (_what, path, method, status) => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { upstream: { sockets: 1, retry: false } });
    await reading(`${gateway.url}/events`);

    expect((await fetch(gateway.url + path, { method })).status).toBe(status);
  });

  test('that is short and here at once is none', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url);
    expect(await (await fetch(`${gateway.url}/short`)).text()).toBe('data: only\n\n');
    expect(await metricsOf(gateway)).not.toMatch(/portico_streams_total\{/);
  });
});
