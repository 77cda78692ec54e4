import { describe, expect, test } from 'vitest';
import { type Policy, withHeader, withoutHeader } from '../../src/core/call.ts';
import { compose } from '../../src/core/compose.ts';
import { connectionOptions, firstValue, HOP_BY_HOP } from '../../src/core/headers.ts';
import { answering, aRequest } from '../helpers/call.ts';

describe('policies', () => {
  test('see the request in the order they are listed, and the response in the other', async () => {
    const seen: string[] = [];
    const named =
      (name: string): Policy =>
      (next) =>
      async (request) => {
        seen.push(`${name} →`);
        const response = await next(request);
        seen.push(`← ${name}`);
        return response;
      };

    await compose([named('outer'), named('inner')], answering(200))(aRequest());

    expect(seen).toEqual(['outer →', 'inner →', '← inner', '← outer']);
  });

  test('are wrapped once, at start-up', async () => {
    let wrapped = 0;
    const counting: Policy = (next) => {
      wrapped += 1;
      return next;
    };
    const call = compose([counting], answering(200));
    await call(aRequest());
    await call(aRequest());
    expect(wrapped).toBe(1);
  });

  test('may be none', async () => {
    const send = answering(204);
    expect((await compose([], send)(aRequest())).status).toBe(204);
  });
});

describe('a request', () => {
  const request = Object.freeze(aRequest({ headers: Object.freeze({ 'x-a': '1', 'x-b': '2' }) }));

  test('is not changed by another header: there is another request', () => {
    expect(withHeader(request, 'X-A', ['3', '4']).headers).toEqual({
      'x-a': ['3', '4'],
      'x-b': '2',
    });
    expect(withoutHeader(request, 'X-A').headers).toEqual({ 'x-b': '2' });
    expect(request.headers).toEqual({ 'x-a': '1', 'x-b': '2' });
  });
});

describe('fields', () => {
  test.each([
    ['close', ['close']],
    ['Keep-Alive, X-User-Id', ['keep-alive', 'x-user-id']],
    [
      ['a', 'B , c'],
      ['a', 'b', 'c'],
    ],
    [undefined, []],
  ] as const)('Connection: %j names %j', (value, names) => {
    expect(connectionOptions(value)).toEqual(names);
  });

  test.each(['connection', 'transfer-encoding', 'upgrade', 'te', 'proxy-connection', 'keep-alive'])(
    '%s belongs to one connection',
    (name) => {
      expect(HOP_BY_HOP.has(name)).toBe(true);
    },
  );

  test('that are repeated have a first value', () => {
    expect(firstValue(['a', 'b'])).toBe('a');
    expect(firstValue('a')).toBe('a');
    expect(firstValue(undefined)).toBeUndefined();
  });
});
