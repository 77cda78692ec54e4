/** The key `stream` of a route. */
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../helpers/clock.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf } from '../listener/gateway.ts';
import { reading, streamGateway, streaming } from './support.ts';

describe('perConsumer', () => {
  test('refuses one more with 429 at its head, and frees a place with each that ends', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { stream: { perConsumer: 2 } });
    const [first] = await Promise.all([1, 2].map(() => reading(`${gateway.url}/events`)));

    const refused = await fetch(`${gateway.url}/events`);
    expect(refused.status).toBe(429);
    expect(await codeOf(refused)).toBe('GW_CONSUMER_STREAMS');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(upstream.hits).toBe(3);
    await eventually(() => upstream.answers.length === 2);

    first!.answer.destroy();
    await eventually(() => upstream.answers.length === 1);
    await reading(`${gateway.url}/events`);
  });

  test('refuses who asks for an event stream before the upstream is called', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { stream: { perConsumer: 1 } });
    const headers = { accept: 'text/event-stream' };
    await reading(`${gateway.url}/events`, { headers });

    const refused = await fetch(`${gateway.url}/events`, { headers });

    expect(refused.status).toBe(429);
    expect(upstream.hits).toBe(1);
  });

  test('bounds no other answers', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { stream: { perConsumer: 1 } });
    await reading(`${gateway.url}/events`);

    for (let i = 0; i < 3; i++) expect((await fetch(`${gateway.url}/plain`)).status).toBe(200);
  });

  test('holds for clients that leave again and again', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { stream: { perConsumer: 1 } });
    for (let i = 0; i < 20; i++) {
      const client = await reading(`${gateway.url}/events`);
      client.answer.destroy();
      await eventually(() => upstream.answers.length === 0);
    }
  });
});

describe('idle', () => {
  test('takes the place of idleTimeout for streams alone', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      stream: { idle: '2m' },
      upstream: { idleTimeout: '10s' },
      options: { clock },
    });
    const client = await reading(`${gateway.url}/events`);
    for (let i = 0; i < 4; i++) {
      clock.advance(110_000);
      upstream.answers[0]!.write(`data: ${i}\n\n`);
      await client.until((text) => text.endsWith(`${i}\n\n`));
    }
    clock.advance(120_001);

    expect(await client.closed).toBe(false);
    expect(await metricsOf(gateway)).toContain(
      'portico_streams_total{route="events",kind="sse",code="idle"} 1',
    );
    await eventually(() => upstream.answers.length === 0);
  });

  test('is the idleTimeout without the key, and no time bounds the whole', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      upstream: { idleTimeout: '30s', deadline: '15s', timeout: '10s' },
      options: { clock },
    });
    const client = await reading(`${gateway.url}/events`);
    for (let i = 0; i < 4; i++) {
      clock.advance(29_000);
      upstream.answers[0]!.write(': still here\n\n');
      await client.until((text) => text.length === 14 * (i + 1));
    }
    clock.advance(30_001);

    expect(await client.closed).toBe(false);
  });
});

describe('maxAge', () => {
  test('ends an event stream as a stop does, and tells so', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      stream: { maxAge: '1h', idle: '2h' },
      options: { clock },
    });
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n\n');
    await client.until((text) => text !== '');

    clock.advance(3_600_001);

    expect(await client.closed).toBe(true);
    expect(client.text()).toMatch(/^data: 1\n\nretry: [1-5]\d{3}\n\n$/);
    await eventually(() => upstream.answers.length === 0);
    const metrics = await metricsOf(gateway);
    expect(metrics).toContain('portico_streams_total{route="events",kind="sse",code="max-age"} 1');
    expect(metrics).not.toMatch(/portico_errors_total\{/);
  });

  test('waits for the end of an event, which goes out first', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      stream: { maxAge: '1h', idle: '2h' },
      options: { clock },
    });
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n');
    await client.until((text) => text !== '');

    clock.advance(3_600_001);
    upstream.answers[0]!.write('data: 2\n\ndata: 3\n\n');

    expect(await client.closed).toBe(true);
    expect(client.text()).toMatch(/^data: 1\ndata: 2\n\nretry: [1-5]\d{3}\n\n$/);
  });
});

/** More than the buffers of two connections. */
const MOST = 64 * 1_048_576;

describe('a slow reader', () => {
  test('pauses the upstream, and is cut off in the end', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      config: {
        admin: { port: 0 },
        server: { limits: { readerIdle: '1s' } },
        upstreams: { up: { targets: [upstream.url] } },
        routes: { events: { match: { path: '/*' }, upstream: 'up' } },
      },
    });
    const asking = request(`${gateway.url}/events`, { agent: false });
    asking.on('error', () => undefined);
    asking.on('response', (answer) => answer.pause());
    asking.end();
    await eventually(() => upstream.answers.length === 1);
    const [answer] = upstream.answers;
    const block = `data: ${'x'.repeat(65_536)}\n\n`;
    let written = 0;
    const flood = (): void => {
      do written += block.length;
      while (answer!.write(block) && written < MOST);
    };
    answer!.on('drain', flood);
    flood();

    await eventually(() => upstream.answers.length === 0);

    // It was the buffers of a few sockets.
    expect(written).toBeLessThan(MOST);
  });
});

describe('sides of a split', () => {
  test('share what the route says of streams', async () => {
    const clock = manualClock();
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      config: {
        admin: { port: 0 },
        upstreams: {
          up: { targets: [upstream.url], idleTimeout: '10s' },
          other: { targets: [upstream.url], idleTimeout: '10s' },
        },
        routes: {
          events: {
            match: { path: '/*' },
            split: [{ upstream: 'up' }, { upstream: 'other', weight: 50 }],
            stream: { idle: '2m', perConsumer: 3 },
          },
        },
      },
      options: { clock },
    });
    const clients = await Promise.all([1, 2, 3].map(() => reading(`${gateway.url}/events`)));
    expect((await fetch(`${gateway.url}/events`)).status).toBe(429);
    clock.advance(110_000);

    for (const answer of upstream.answers) answer.write('data: 1\n\n');
    await Promise.all(clients.map((client) => client.until((text) => text !== '')));
  });
});
