import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Body, NOWHERE } from '../../src/core/body.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type AnswerWatch, MOST_BYTES, watchAnswers } from '../../src/policies/answer-watch.ts';
import { answering, aRequest, aResponse, around, failure } from '../helpers/call.ts';

/** Through a layer that wants every body, and what it has got. */
function watched(answer: Parameters<typeof answering>[0]) {
  const heads: number[] = [];
  const bodies: string[] = [];
  const watch: AnswerWatch = (_request, { status }) => {
    heads.push(status);
    return (body) => void bodies.push(body.toString());
  };
  const call = around(watchAnswers(watch, systemClock))(answering(answer));
  return { call: () => call(aRequest()), heads, bodies };
}

describe('an answer that is watched', () => {
  test('comes to its receiver byte for byte, and is shown once it has', async () => {
    const body = new Body(NOWHERE);
    const { call, bodies } = watched(aResponse({ body, headers: { 'content-type': 'a/b' } }));
    const answer = await call();
    const read = answer.body.bytes(100);
    body.push(Buffer.from('on'));
    expect(bodies).toEqual([]);
    body.push(Buffer.from('e'));
    body.finish({ 'x-sum': '1' });
    expect((await read).toString()).toBe('one');
    expect(answer.headers).toEqual({ 'content-type': 'a/b' });
    expect(answer.body.trailers).toEqual({ 'x-sum': '1' });
    expect(bodies).toEqual(['one']);
  });

  test('is not shown if it does not come whole', async () => {
    const body = new Body(NOWHERE);
    const { call, bodies } = watched(aResponse({ body }));
    const read = (await call()).body.bytes(100);
    body.push(Buffer.from('on'));
    body.fail(new Error('cut'));
    await expect(read).rejects.toThrow('cut');
    expect(bodies).toEqual([]);
  });

  test('ends with its receiver', async () => {
    const body = new Body(NOWHERE);
    const { call, bodies } = watched(aResponse({ body }));
    (await call()).body.destroy();
    expect([body.isClosed, bodies]).toEqual([true, []]);
  });

  test('is not shown if it is too long, and comes all the same', async () => {
    const body = new Body(NOWHERE);
    const { call, bodies } = watched(aResponse({ body }));
    const read = (await call()).body.bytes(2 * MOST_BYTES);
    body.push(Buffer.alloc(MOST_BYTES));
    body.push(Buffer.alloc(1));
    body.finish(undefined);
    expect((await read).length).toBe(MOST_BYTES + 1);
    expect(bodies).toEqual([]);
  });

  test.each([
    ['a stream', { stream: 'sse' as const }],
    ['a tunnel', { tunnel: new Socket() }],
    ['a body that says it is long', { headers: { 'content-length': String(MOST_BYTES + 1) } }],
  ])('is not even looked at if it is %s', async (_what, fields) => {
    const response = aResponse(fields);
    const { call, heads } = watched(response);
    expect((await call()).body).toBe(response.body);
    expect(heads).toEqual([]);
  });

  test('may fail', async () => {
    const { call, heads } = watched(failure('GW_UPSTREAM_CONNECT'));
    await expect(call()).rejects.toMatchObject({ code: 'GW_UPSTREAM_CONNECT' });
    expect(heads).toEqual([]);
  });
});
