import { describe, expect, test } from 'vitest';
import { ConsumerStreams } from '../../src/policies/consumer-streams.ts';
import { StreamLimit, streamLimit } from '../../src/policies/stream-limit.ts';
import { feed } from '../helpers/body.ts';
import { answering, aRequest, around, aResponse, codeOf, failure } from '../helpers/call.ts';

describe('the bound of streams', () => {
  test('holds a place until the body closes, and refuses at once what finds none', async () => {
    const limit = new StreamLimit(1);
    const { body } = feed();
    const send = answering(aResponse({ body }), 200);
    const call = around(streamLimit(limit))(send);

    await call(aRequest());
    expect(await codeOf(call(aRequest()))).toBe('GW_TOO_MANY_STREAMS');
    expect(send.calls).toBe(1);

    body.destroy();
    expect(limit.open).toBe(0);
    await call(aRequest());
    expect(send.calls).toBe(2);
  });

  test('gives the place of a failed call back', async () => {
    const limit = new StreamLimit(1);
    const call = around(streamLimit(limit))(answering(failure('GW_UPSTREAM_CONNECT')));

    expect(await codeOf(call(aRequest()))).toBe('GW_UPSTREAM_CONNECT');
    expect(limit.open).toBe(0);
  });

  test('releases a place once, however often it is told', () => {
    const limit = new StreamLimit(2);
    const place = limit.take();
    limit.take();

    place.release();
    place.release();

    expect(limit.open).toBe(1);
  });

  test('made smaller, keeps what is open and admits nobody until there is room', () => {
    const limit = new StreamLimit(2);
    const places = [limit.take(), limit.take()];
    limit.resize(1);
    places[0]!.release();
    expect(() => limit.take()).toThrow('limit of 1 open streams');

    places[1]!.release();
    limit.take();
    expect([limit.open, limit.most]).toEqual([1, 1]);
  });
});

describe('the streams of a consumer', () => {
  test('are bounded for each consumer and each route by itself', () => {
    const streams = new ConsumerStreams();
    streams.take('live', 'ann', 1);

    expect(() => streams.take('live', 'ann', 1)).toThrow('1 streams open');
    streams.take('live', 'bob', 1);
    streams.take('news', 'ann', 1);
  });

  test('are given back once, and leave nothing behind', () => {
    const streams = new ConsumerStreams();
    const release = streams.take('live', 'ann', 2);
    const other = streams.take('live', 'ann', 2);

    release();
    release();
    expect(streams.size).toBe(1);
    other();
    expect(streams.size).toBe(0);
  });

  test('one over is 429 for the client, and no fault of the upstream', () => {
    const streams = new ConsumerStreams();
    streams.take('live', 'ann', 1);
    expect(() => streams.take('live', 'ann', 1)).toThrow(
      expect.objectContaining({ code: 'GW_CONSUMER_STREAMS', statusCode: 429 }),
    );
  });
});
