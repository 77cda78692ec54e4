import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testGateway } from 'portico/testing';
import plugin from './myPlugin.ts';

test('upstreams and clients get the text, and clients cannot forge it', async () => {
  await using gateway = await testGateway({
    plugins: [plugin],
    route: { myPlugin: { text: 'hello' } },
    upstreams: { api: () => ({ body: { ok: true } }) },
  });
  const response = await gateway.fetch('/', { headers: { 'x-stamp': 'forged' } });
  assert.equal(response.headers.get('x-stamp'), 'hello');
  assert.equal(gateway.seen[0]?.headers['x-stamp'], 'hello');
});

test('the settings choose the header', async () => {
  await using gateway = await testGateway({
    plugins: [plugin],
    config: { plugins: { myPlugin: { header: 'x-other' } } },
    route: { myPlugin: { text: 'hello' } },
    upstreams: { api: () => ({ body: { ok: true } }) },
  });
  assert.equal((await gateway.fetch('/')).headers.get('x-other'), 'hello');
});
