/** What passes of a stream, and when. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { reading, streamGateway, streaming } from './support.ts';

/** Its hook makes answers go through Fastify's reply. */
const payload = fileURLToPath(new URL('../plugins/fixtures/payload.ts', import.meta.url));

describe('an event stream', () => {
  test('reaches the client as it comes: the head alone, then each event', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url);

    const client = await reading(`${gateway.url}/events`);
    expect(client.answer.headers['x-accel-buffering']).toBe('no');
    upstream.answers[0]!.write('data: 1\n\n');
    await client.until((text) => text === 'data: 1\n\n');
    upstream.answers[0]!.end('data: 2\n\n');

    expect(await client.closed).toBe(true);
    expect(client.text()).toBe('data: 1\n\ndata: 2\n\n');
  });

  test('does so where hooks of Fastify see answers', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      config: { plugins: { payload: { module: payload } } },
    });

    const client = await reading(`${gateway.url}/events`);
    expect(client.answer.headers['x-payload']).toBe('stream');
    upstream.answers[0]!.write('data: 1\n\n');
    await client.until((text) => text === 'data: 1\n\n');
  });

  test('keeps what its upstream says of buffering, and gets Last-Event-ID', async () => {
    const upstream = await streaming('text/event-stream', { 'x-accel-buffering': 'yes' });
    const gateway = await streamGateway(upstream.url);

    const client = await reading(`${gateway.url}/events`, { headers: { 'last-event-id': '41' } });

    expect(client.answer.headers['x-accel-buffering']).toBe('yes');
    expect(upstream.answers[0]!.req.headers['last-event-id']).toBe('41');
  });
});

describe('a stream', () => {
  test.each(['text/event-stream; charset=utf-8', 'application/x-ndjson', 'Application/JSONL'])(
    'of %s holds no slot, so that requests pass',
    async (type) => {
      const upstream = await streaming(type);
      const gateway = await streamGateway(upstream.url, {
        upstream: { bulkhead: { concurrency: 1, queue: 1, wait: '5s' }, sockets: 3 },
      });
      for (let i = 0; i < 3; i++) await reading(`${gateway.url}/events`);

      const plain = await fetch(`${gateway.url}/plain`);

      expect(await plain.text()).toBe('plain');
      expect(upstream.answers).toHaveLength(3);
    },
  );

  test('lets a call that waits for its slot go on', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      upstream: { bulkhead: { concurrency: 1, queue: 9, wait: '5s' } },
    });

    const clients = await Promise.all(
      Array.from({ length: 10 }, () => reading(`${gateway.url}/events`)),
    );

    expect(clients).toHaveLength(10);
  });

  test('is refused with 503 where all places are taken, and its upstream is let go', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, { upstream: { sockets: 1 } });
    const first = await reading(`${gateway.url}/events`);

    const refused = await fetch(`${gateway.url}/events`);

    expect(refused.status).toBe(503);
    expect(await codeOf(refused)).toBe('GW_TOO_MANY_STREAMS');
    await eventually(() => upstream.answers.length === 1);
    first.answer.destroy();
    await eventually(() => upstream.answers.length === 0);
    await reading(`${gateway.url}/events`);
  });
});
