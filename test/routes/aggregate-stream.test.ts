/** Parts that are sent one by one, as they come. */
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import type { Problem } from '../gateway/support/gateway.ts';
import { composing } from './composing.ts';

/** An upstream that answers when it is told to. */
function told() {
  const { promise, resolve } = Promise.withResolvers<{ status?: number; body: string }>();
  const left = Promise.withResolvers<void>();
  const fake: FakeUpstream = (call) => {
    call.signal.listen({ onCancel: () => left.resolve() });
    return promise;
  };
  return {
    fake,
    left: left.promise,
    answer: (body: string, status = 200) => resolve({ body, status }),
  };
}

async function streaming(parts: Readonly<Record<string, object>>, more: object = {}) {
  const order = told();
  const payment = told();
  const gateway = await composing(
    parts,
    { order: order.fake, payment: payment.fake },
    { aggregation: { stream: true, fields: true }, ...more },
  );
  const open = (accept = 'application/x-ndjson', path = '/1', init: RequestInit = {}) =>
    gateway.fetch(path, { ...init, headers: { accept } });
  return { order, payment, gateway, open };
}

/** Pieces of text as they come. */
async function* piecesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) yield decoder.decode(chunk as Uint8Array);
}

describe('parts in a stream', () => {
  test('are lines of JSON in the order in which they come, and an end', async () => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} });
    const answering = open();
    payment.answer('{"total":1.10}');
    const response = await answering;
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('vary')).toBe('accept');
    const pieces = piecesOf(response);
    // The other upstream has not answered yet.
    expect((await pieces.next()).value).toBe('{"part":"payment","value":{"total":1.10}}\n');
    order.answer('{\n  "id": 12345678901234567890\r\n}');
    expect((await pieces.next()).value).toBe(
      '{"part":"order","value":{"id":12345678901234567890}}\n{"end":{"status":200,"missing":{}}}\n',
    );
    expect((await pieces.next()).done).toBe(true);
  });

  test('are server-sent events for those who accept these', async () => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} });
    const answering = open('text/event-stream');
    order.answer('1');
    payment.answer('"a\\nb"');
    const response = await answering;
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      'event: part\ndata: {"part":"order","value":1}\n\n' +
        'event: part\ndata: {"part":"payment","value":"a\\nb"}\n\n' +
        'event: end\ndata: {"status":200,"missing":{}}\n\n',
    );
  });

  test('that fail are named, with their default', async () => {
    const { order, payment, open } = await streaming({
      order: {},
      payment: { default: { status: 'unknown' } },
    });
    const answering = open();
    payment.answer('', 500);
    order.answer('1');
    const lines = (await (await answering).text()).split('\n');
    expect([...lines.slice(0, 2).toSorted(), ...lines.slice(2)]).toEqual([
      '{"part":"order","value":1}',
      '{"part":"payment","missing":"status-500","value":{"status":"unknown"}}',
      '{"end":{"status":200,"missing":{"payment":"status-500"}}}',
      '',
    ]);
  });

  test('that fail before any has come make an ordinary error', async () => {
    const { order, payment, open } = await streaming({ order: { required: true }, payment: {} });
    const answering = open();
    order.answer('', 404);
    const response = await answering;
    expect(response.status).toBe(404);
    expect(((await response.json()) as Problem).status).toBe(404);
    await payment.left;
  });

  test('that are required and fail after others have come end it with the problem', async () => {
    const { order, payment, open } = await streaming({ order: { required: true }, payment: {} });
    const answering = open();
    payment.answer('1');
    const pieces = piecesOf(await answering);
    expect((await pieces.next()).value).toBe('{"part":"payment","value":1}\n');
    order.answer('', 500);
    const { end } = JSON.parse((await pieces.next()).value as string) as {
      end: { status: number; problem: Problem };
    };
    expect(end.status).toBe(502);
    expect(end.problem).toMatchObject({
      status: 502,
      detail: 'order could not be fetched (status 500)',
    });
    expect((await pieces.next()).done).toBe(true);
  });

  test('that all fail are too few', async () => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} });
    const answering = open();
    order.answer('', 503);
    payment.answer('', 503);
    expect((await answering).status).toBe(502);
  });

  test('say where they belong', async () => {
    const { order, payment, open } = await streaming({
      order: { as: 'page.order' },
      payment: { spread: true },
    });
    const answering = open();
    order.answer('1');
    payment.answer('{"a":1}');
    expect((await (await answering).text()).split('\n').slice(0, 2)).toEqual([
      '{"part":"order","as":"page.order","value":1}',
      '{"part":"payment","spread":true,"value":{"a":1}}',
    ]);
  });

  test('are only those that are asked for', async () => {
    const { order, open } = await streaming({ order: {}, payment: {} });
    const answering = open('application/x-ndjson', '/1?fields=order(id)');
    order.answer('{"id":7,"total":8}');
    expect(await (await answering).text()).toBe(
      '{"part":"order","value":{"id":7}}\n{"end":{"status":200,"missing":{}}}\n',
    );
  });

  test('end with a client that leaves', async () => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} });
    const leaving = new AbortController();
    const answering = open('application/x-ndjson', '/1', { signal: leaving.signal });
    payment.answer('1');
    const pieces = piecesOf(await answering);
    await pieces.next();
    leaving.abort();
    await order.left;
    await expect(pieces.next()).rejects.toThrow('abort');
  });

  test.each([
    ['a plugin that listens to answers', { securityHeaders: {} }],
    ['compression', { compress: {} }],
  ])('are not held back by %s', async (_, keys) => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} }, keys);
    const answering = open();
    payment.answer('1');
    const pieces = piecesOf(await answering);
    expect((await pieces.next()).value).toBe('{"part":"payment","value":1}\n');
    order.answer('2');
    expect((await pieces.next()).value).toContain('"end"');
  });

  test.each([
    ['a client that takes anything', '*/*', {}],
    ['HEAD', 'application/x-ndjson', { method: 'HEAD' }],
  ])('are one answer for %s', async (_, accept, init) => {
    const { order, payment, open } = await streaming({ order: {}, payment: {} });
    const answering = open(accept, '/1', init);
    order.answer('1');
    payment.answer('2');
    const response = await answering;
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('vary')).toBe('accept');
  });
});
