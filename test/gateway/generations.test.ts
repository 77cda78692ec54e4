/** Two generations of one gateway that name the same upstreams. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { World } from '../../src/assembly/world.ts';
import { buildGeneration, type Generation } from '../../src/generation.ts';
import { folderOf, load } from '../config/config-files.ts';
import { emptyWorld } from '../helpers/world.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

const TARGETS = { targets: ['http://127.0.0.1:1'] };

async function build(world: World, number: number, upstreams: object, plugins: object = {}) {
  const routes = { all: { match: { path: '/*' }, upstream: 'orders' } };
  const text = JSON.stringify({ version: 1, plugins, upstreams, routes });
  const file = join(folderOf({ 'c.yaml': text }), 'c.yaml');
  return buildGeneration(number, await load(file, {}), world);
}

const stateOf = ({ upstreams }: Generation) => upstreams.get('orders')!.state;

test('share the state of a name, which changes to the later config when that takes over', async () => {
  const world = emptyWorld();
  const first = await build(world, 1, { orders: { ...TARGETS, bulkhead: { concurrency: 10 } } });
  first.takeOver();
  const state = stateOf(first);
  state.circuit!.force('open');

  const changed = { ...TARGETS, bulkhead: { concurrency: 20 }, breaker: { consecutive: 7 } };
  const second = await build(world, 2, { orders: changed });
  expect(stateOf(second)).toBe(state);
  expect(state.slots.concurrency).toBe(10);
  second.takeOver();
  expect(state.slots.concurrency).toBe(20);

  const lines = (await world.metrics.text()).split('\n');
  expect(lines.filter((line) => line.startsWith('portico_circuit_state{'))).toEqual([
    'portico_circuit_state{upstream="orders"} 3',
  ]);
  await first.close();
  expect([...world.upstreams.states()]).toEqual([state]);
  await second.close();
  expect([...world.upstreams.states()]).toEqual([]);
});

test('leave the earlier one unchanged if the later one cannot start', async () => {
  const world = emptyWorld();
  const first = await build(world, 1, { orders: TARGETS });
  onTestFinished(() => first.close());
  first.takeOver();
  const state = stateOf(first);
  const { config } = state;

  const changed = { ...TARGETS, bulkhead: { concurrency: 20 } };
  const faulty = { module: fixture('faulty'), failStart: true };
  const failing = build(world, 2, { orders: changed, payments: TARGETS }, { faulty });
  await expect(failing).rejects.toThrow('no way to start');

  expect([...world.upstreams.states()]).toEqual([state]);
  expect([state.config, state.slots.concurrency]).toEqual([config, 128]);
});
