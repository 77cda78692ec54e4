/** What a reload keeps, seen from outside; test/upstream/what-lives-on.test.ts has the states of an upstream. */
import { expect, test } from 'vitest';
import { startIssuer } from '../plugins/issuer.ts';
import { bearing } from '../plugins/jwt-routes.ts';
import { startUpstream } from '../helpers/upstream.ts';
import { respond, startReloading } from './reloading.ts';

test('the counts of a rate limit hold, also while other routes change', async () => {
  const limited = { ...respond('/a'), rateLimit: { max: 3, window: '1h', by: 'address' } };
  const { status, change } = await startReloading({ routes: { limited } });
  expect([await status('/a'), await status('/a')]).toEqual([200, 200]);
  await change({ routes: { limited, other: respond('/b') } });
  expect([await status('/a'), await status('/a')]).toEqual([200, 429]);
});

test('an open circuit stays open while its upstream’s other keys change', async () => {
  const upstream = await startUpstream((_request, response) => void response.writeHead(500).end());
  const breaker = { consecutive: 2, open: '10m' };
  const config = (timeout: string) => ({
    upstreams: { up: { targets: [upstream.url], timeout, breaker, retry: false, outlier: false } },
    routes: { all: { match: { path: '/*' }, upstream: 'up' } },
  });
  const { status, change, gateway } = await startReloading(config('1s'));
  await expect.poll(() => status('/')).toBe(503);
  const { hits } = upstream;
  await change(config('2s'));
  expect(await status('/')).toBe(503);
  expect([upstream.hits, gateway.status().upstreams[0]?.circuit]).toEqual([hits, 'open']);
});

test('key sets and verified tokens are kept: the issuer is not asked again', async () => {
  const { issuer, jwks } = await startIssuer();
  const shop = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'] };
  const plugins = { jwt: { issuers: { shop } } };
  const guarded = { ...respond('/a'), jwt: { issuer: 'shop' } };
  const { status, change } = await startReloading({ plugins, routes: { guarded } });
  expect(await status('/a', bearing(issuer.sign()))).toBe(200);
  const { hits } = issuer;
  await change({ plugins, routes: { guarded, other: respond('/b') } });
  expect([await status('/a', bearing(issuer.sign())), issuer.hits]).toEqual([200, hits]);
});
