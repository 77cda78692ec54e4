import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testGateway } from 'portico/testing';
import bff from './index.ts';

test('greets the user by name', async () => {
  await using gateway = await testGateway({
    bff,
    upstreams: { myUpstream: () => ({ body: { name: 'Ada', email: 'ada@shop.example' } }) },
  });
  const response = await gateway.fetch('/hello/1');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { text: 'Hello, Ada!' });
  assert.equal(gateway.seen[0]?.path, '/users/1');
});

test('greets without a name while the upstream fails', async () => {
  await using gateway = await testGateway({
    bff,
    upstreams: { myUpstream: () => ({ status: 500 }) },
  });
  const response = await gateway.fetch('/hello/1');
  assert.deepEqual(await response.json(), { text: 'Hello!' });
  assert.match(response.headers.get('gateway-degraded') ?? '', /^user;/);
});

test('refuses an id that is too long, without calling the upstream', async () => {
  await using gateway = await testGateway({
    bff,
    upstreams: { myUpstream: () => ({ body: { name: 'Ada' } }) },
  });
  assert.equal((await gateway.fetch(`/hello/${'1'.repeat(65)}`)).status, 400);
  assert.equal(gateway.seen.length, 0);
});
