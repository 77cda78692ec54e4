/** docs/quotas.md: the example counts as the page says. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { describeRedis, redisServer } from '../helpers/redis-server.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/quotas.md');
const [example = ''] = PAGE.blocks('yaml');
const [problem = '', answer = ''] = PAGE.blocks('json');
/** When the fields on the page were told. */
const NOW = Date.parse('2026-12-15T12:00:00Z');

const acme = 'foobar';
const tiny = 'test';

/** The example, with counts in `store` by a clock that stands still. */
const counting = (store: string) =>
  served(example, {
    upstreams: { search: () => ({}), reports: () => ({}) },
    wallClock: () => NOW,
    replace: { '{ redis: "${REDIS_URL:-redis://redis:6379}", onError: allow }': store },
  });

test('the keys on the page are of these consumers', () => {
  for (const key of [acme, tiny]) expect(example).toContain(hash('sha256', key));
});

test('what is left, and the refusal, are those on the page', async () => {
  const { fetch } = await counting('memory');
  const ask = (path: string, key: string) => fetch(path, { headers: { 'x-api-key': key } });
  const first = await ask('/reports/1', tiny);
  const [policy, left] = PAGE.blocks('http')[0]!.trim().split('\n');
  expect(`ratelimit-policy: ${first.headers.get('ratelimit-policy')}`).toBe(policy);
  expect(`ratelimit: ${first.headers.get('ratelimit')}`).toBe(left);
  expect((await ask('/reports/1', tiny)).status).toBe(200);
  expect((await ask('/search', tiny)).status).toBe(200);
  expect(await (await ask('/search', tiny)).json()).toEqual({
    ...(JSON.parse(problem) as object),
    instance: expect.any(String) as string,
  });
  expect((await ask('/search', acme)).status).toBe(200);
  expect((await fetch('/status')).status).toBe(200);
});

test('the order on the page is answered as it says', async () => {
  const { fetch: ask, gateway } = await counting('memory');
  await ask('/search', { headers: { 'x-api-key': acme } });
  const [, reset = ''] = PAGE.blocks('sh')[0]!.trim().split('\n');
  const [, path = '', body = ''] = /http:\/\/127\.0\.0\.1:9901(\S+) -d '(.*)'/.exec(reset) ?? [];
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(await response.json()).toEqual(JSON.parse(answer));
});

describeRedis('with a Redis', () => {
  test('the example is counted there', async () => {
    const { url } = await redisServer();
    const { fetch, gateway } = await counting(`{ redis: "${url}", timeout: 5s }`);
    expect((await fetch('/search', { headers: { 'x-api-key': tiny } })).status).toBe(200);
    expect(JSON.stringify(gateway.status())).toContain('the store of quotas');
  });
});
