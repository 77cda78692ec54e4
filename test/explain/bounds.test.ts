import { expect, onTestFinished, test } from 'vitest';
import { manualClock, testGateway } from '../../src/testing.ts';
import { respond, startReloading } from '../reload/reloading.ts';
import type { RequestExplanation } from '../../src/explain/explanation.ts';
import { asking } from './asking.ts';

test('a plugin that never answers is given up after 10 s', async () => {
  const clock = manualClock();
  const endless = new URL('fixtures/endless.ts', import.meta.url).pathname;
  const { gateway, close } = await testGateway({
    config: {
      plugins: { endless: { module: endless } },
      routes: { all: { match: { path: '/*' }, endless: {}, upstream: 'up' } },
    },
    upstreams: { up: () => ({}) },
    clock,
  });
  onTestFinished(close);
  const before = clock.pending;
  const asked = gateway.explain({ method: 'GET', url: '/x', headers: [], address: '127.0.0.1' });
  const failed = expect(asked).rejects.toThrow('a plugin did not answer within 10 s');
  // Where values are from is found out first, in a turn of its own.
  while (clock.pending === before) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10_000);
  await failed;
});

test('many questions at once get what each would get alone', async () => {
  const { explain } = await asking({
    routes: {
      one: { match: { path: '/one/*' }, upstream: 'up', rewrite: '/1/*' },
      two: { match: { path: '/two/*' }, upstream: 'other', rewrite: '/2/*' },
    },
  });
  const asked = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? `/one/${i}` : `/two/${i}`));
  const told = await Promise.all(asked.map((path) => explain(path)));
  expect(told.map(({ calls }) => calls[0]?.path)).toEqual(
    asked.map((path) => path.replace('/one', '/1').replace('/two', '/2')),
  );
});

test('a body that is announced, and never comes, keeps nothing waiting', async () => {
  const { explain, gateway } = await asking({
    routes: { all: { match: { path: '/*' }, upstream: 'up' } },
  });
  const headers = { 'content-length': '5', expect: '100-continue' };
  const told = await explain('/x', { method: 'POST', headers });
  expect(told.outcome.kind).toBe('called');
  const tooLong = await explain('/x', { method: 'POST', headers: { 'content-length': '9999999' } });
  expect(tooLong.outcome).toMatchObject({ status: 413, code: 'GW_BODY_TOO_LARGE' });
  expect(gateway.status().inflight).toBe(0);
});

test('while the config is reloaded, each answer is that of one generation', async () => {
  const routes = (name: string) => ({ routes: { [name]: respond(`/x`) } });
  const { gateway, change } = await startReloading(routes('first'));
  const explain = () =>
    gateway.explain({ method: 'GET', url: '/x', headers: [], address: '127.0.0.1' });
  const asked: Promise<RequestExplanation>[] = [];
  const changing = change(routes('second'));
  const until = { isOver: false };
  void changing.then(() => (until.isOver = true));
  while (!until.isOver) {
    asked.push(explain());
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const { generation, route, values } of [...(await Promise.all(asked)), await explain()]) {
    const name = generation === 1 ? 'first' : 'second';
    expect(route?.name).toBe(name);
    if (values.length > 0) expect(values[0]?.path).toBe(`routes.${name}.match.path`);
  }
  expect((await explain()).values).not.toEqual([]);
});
