/** What is told of routes that start operations, whose calls come after the answer. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unusedUpstreams } from '../../src/admin/unused-upstreams.ts';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import { asking } from './asking.ts';

const CONFIG = {
  store: { postgres: 'postgres://127.0.0.1:1/o' },
  plugins: { apiKey: { consumers: { a: { keys: ['ab'.repeat(32)] } } } },
  sagas: {
    order: {
      steps: {
        reserve: {
          call: { upstream: 'up', path: '/reservations/{input.id}' },
          undo: { upstream: 'other', method: 'DELETE', path: '/reservations/{key}' },
        },
        tell: { call: { upstream: 'up', path: '/mails/{reserve.id}' } },
      },
    },
  },
  routes: {
    order: {
      match: { path: '/orders', methods: ['POST'] },
      apiKey: { optional: true },
      saga: 'order',
    },
    operations: { match: { path: '/operations/*' }, apiKey: {}, operationStatus: {} },
  },
};

test('a saga tells the steps that follow its answer, one after another', async () => {
  const { explain, calls, gateway } = await asking(CONFIG);
  const explained = await explain('/orders', { method: 'POST' });
  expect(explained.outcome).toMatchObject({ kind: 'answered', status: 202 });
  const shown = explained.calls.map((call) => [call.name, call.upstream, call.path, call.after]);
  expect(shown).toEqual([
    ['reserve', 'up', '/reservations/{input.id}', []],
    ['tell', 'up', '/mails/{reserve.id}', ['reserve']],
  ]);
  expect(calls).toEqual([]);
  expect(unusedUpstreams(gateway.config, () => [])).toEqual([]);
});

test('the upstreams of a route are those of its saga, of undos too', async () => {
  const targets = ['http://127.0.0.1:1'];
  const written = { version: 1, upstreams: { up: { targets }, other: { targets } }, ...CONFIG };
  const file = join(folderOf({ 'c.yaml': JSON.stringify(written) }), 'c.yaml');
  const { out } = await run(['routes', '--json', '-c', file]);
  const [order] = JSON.parse(out.join('')) as { readonly upstreams: readonly string[] }[];
  expect(order?.upstreams).toEqual(['up', 'other']);
});
