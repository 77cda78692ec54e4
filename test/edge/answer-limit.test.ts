import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { file } from '../bff/mounted.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

const server = { limits: { answer: '1s' } };

test.each([
  ['a plugin’s hook', '/hook'],
  ['a BFF’s handler', '/bff/never'],
])('%s that never ends is 504 after `answer`', async (_what, path) => {
  const { fetch, gateway } = await startGateway({
    config: {
      server,
      plugins: { endless: { module: fixture('endless') } },
      routes: {
        hook: forwardTo('/hook', { endless: {} }),
        bff: { match: { path: '/bff/*' }, bff: file('mistaken') },
      },
    },
    upstreams: { up: () => ({}) },
  });
  for (const method of ['GET', 'POST']) {
    if (method === 'POST' && path !== '/hook') continue;
    const response = await fetch(path, { method, ...(method === 'POST' ? { body: 'x' } : {}) });
    expect([response.status, await codeOf(response)]).toEqual([504, 'GW_DEADLINE_EXCEEDED']);
  }
  await expect.poll(() => gateway.status().inflight).toBe(0);
});

test('a handler that answers later is too late: nobody gets its answer', async () => {
  const { fetch } = await startGateway({
    config: { server, routes: { bff: { match: { path: '/bff/*' }, bff: file('mistaken') } } },
    upstreams: { up: () => ({}) },
  });
  const first = await fetch('/bff/late');
  expect([first.status, await codeOf(first)]).toEqual([504, 'GW_DEADLINE_EXCEEDED']);
  await sleep(1_000);
  expect((await fetch('/bff/soon')).status).toBe(200);
});

test('a body that comes slowly and an answer that has begun are not cut', async () => {
  const origin = await startUpstream((incoming, response) => {
    incoming.resume().once('end', () => {
      response.write('a');
      setTimeout(() => response.end('b'), 1_200);
    });
  });
  const { url } = await startGateway({
    config: { server, upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
  });
  const answered = Promise.withResolvers<string>();
  const sent = request(url, { method: 'POST' }, (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    response.on('end', () => answered.resolve(`${response.statusCode} ${text}`));
    response.on('error', answered.reject);
  }).on('error', answered.reject);
  for (let i = 0; i < 12; i++) {
    sent.write('x');
    await sleep(100);
  }
  sent.end();
  expect(await answered.promise).toBe('200 ab');
});
