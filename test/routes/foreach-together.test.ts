/** Parts that are called for each element of a list, together with what else a part may have. */
import { expect, test } from 'vitest';
import { composing } from './composing.ts';

const LIST = { list: { path: '/list' } };
const fakes = (broken: readonly string[]) => ({
  list: () => ({ body: ['a', 'b', 'c'] }),
  price: ({ path }: { path: string }) =>
    broken.includes(path) ? { status: 500, body: '' } : { body: `{"of":"${path}","net":1.10}` },
});
const prices = { upstream: 'price', path: '/{item}', foreach: '{list}' };

test('a fallback is asked once, for all of the list, if all elements fail', async () => {
  const parts = { ...LIST, prices: { ...prices, fallback: { upstream: 'price', path: '/all' } } };
  const some = await composing(parts, fakes(['/b']));
  expect(await (await some.fetch('/1')).json()).toMatchObject({
    prices: [{ of: '/a' }, null, { of: '/c' }],
  });
  const all = await composing(parts, fakes(['/a', '/b', '/c']));
  const response = await all.fetch('/1');
  expect(await response.json()).toMatchObject({ prices: { of: '/all' } });
  expect(response.headers.get('gateway-degraded')).toBeNull();
});

test('a client chooses fields of each element', async () => {
  const gateway = await composing({ ...LIST, prices }, fakes(['/b']), {
    aggregation: { fields: true },
  });
  const response = await gateway.fetch('/1?fields=prices(net)');
  expect(await response.text()).toBe('{"prices":[{"net":1.10},null,{"net":1.10}]}');
  expect(response.headers.get('gateway-degraded')).toBe('prices[1];reason=status-500');
});

test('a stream has the list as one part, and names its elements that failed at the end', async () => {
  const gateway = await composing({ ...LIST, prices }, fakes(['/b']), {
    aggregation: { stream: true },
  });
  const response = await gateway.fetch('/1', { headers: { accept: 'application/x-ndjson' } });
  const lines = (await response.text()).trim().split('\n');
  expect(lines[1]).toContain('"part":"prices"');
  expect(lines[1]).toContain(',null,');
  expect(JSON.parse(lines[2]!)).toEqual({
    end: { status: 200, missing: { 'prices[1]': 'status-500' } },
  });
});

test('what is told of errors says why the whole list failed', async () => {
  const gateway = await composing(
    { ...LIST, prices: { ...prices, onError: 'detail' } },
    fakes(['/a', '/b', '/c']),
  );
  expect(await (await gateway.fetch('/1')).json()).toMatchObject({
    prices_error: { reason: 'status-500', status: 500 },
  });
});
