import { describe, expect, test } from 'vitest';
import { asking, pluginsOf } from './asking.ts';
import { ran } from './fixtures/unexplained.ts';

const module = (name: string): string => new URL(`fixtures/${name}.ts`, import.meta.url).pathname;
const forwardTo = (more: object) => ({ match: { path: '/*' }, upstream: 'up', ...more });

async function explained(how: string) {
  const { explain } = await asking({
    plugins: { explained: { module: module('explained') } },
    routes: { all: forwardTo({ explained: how, fault: { abort: { status: 500 } } }) },
    server: { allowFaults: true },
  });
  return explain('/x');
}

describe('a plugin that says how it may be explained', () => {
  test('passes with a comment', async () => {
    const { plugins, outcome } = await explained('says');
    expect(plugins[0]).toMatchObject({
      phase: 'authorize',
      outcome: 'passes',
      says: 'all is well',
    });
    expect(outcome.kind).toBe('called');
  });

  test('may be unsure', async () => {
    const { plugins, outcome } = await explained('unsure');
    expect(plugins[0]).toMatchObject({ outcome: 'passes', isCertain: false });
    expect(outcome.isCertain).toBe(false);
  });

  test('refuses, with or without words; what follows is not reached', async () => {
    const refused = { kind: 'refused', status: 410, code: 'GW_GONE', by: 'explained' };
    for (const how of ['refuses', 'throws']) {
      const told = await explained(how);
      expect(told.outcome).toMatchObject(refused);
      expect(pluginsOf(told)).toEqual(['explained: refuses GW_GONE', 'fault: not reached']);
    }
    const { plugins } = await explained('refuses');
    expect(plugins[0]).toMatchObject({ says: 'not today', detail: 'it is gone', reason: 'sunset' });
  });

  test.each(['fails', 'returns-nonsense'])('is a bug where it %s', async (how) => {
    const { outcome } = await explained(how);
    expect(outcome).toMatchObject({ status: 500, code: 'GW_INTERNAL', by: 'explained' });
  });
});

test('a plugin that does not say so is not run, and makes the rest uncertain', async () => {
  const { explain, calls } = await asking({
    plugins: { unexplained: { module: module('unexplained') } },
    routes: { all: forwardTo({ unexplained: {} }) },
  });
  const before = { ...ran };
  const told = await explain('/x');
  expect(ran).toEqual(before);
  expect(calls).toEqual([]);
  expect(pluginsOf(told)).toEqual(['unexplained: not run']);
  expect(told.outcome).toEqual({ kind: 'called', isCertain: false });
  expect(told.calls[0]).toMatchObject({ unrun: ['unexplained'] });
  expect(told.calls[0]?.headers).not.toContain('x-unexplained');
  expect(told.notes).toEqual([
    'not run, because they do not say that they may be: unexplained',
    'may change what is sent, and were not run: unexplained',
  ]);
});

test('a pure policy is run: its fields are told by name', async () => {
  const request = { set: { 'x-set': 'yes' }, remove: ['accept'] };
  const { explain } = await asking({ routes: { all: forwardTo({ headers: { request } }) } });
  const { calls, plugins } = await explain('/x', { headers: { accept: '*/*', 'x-own': '1' } });
  expect(calls[0]?.headers).toEqual(expect.arrayContaining(['x-set', 'x-own']));
  expect(calls[0]?.headers).not.toContain('accept');
  expect(plugins).toEqual([{ plugin: 'headers', says: '', isCertain: true, changes: ['calls'] }]);
});

test('ordinary Fastify plugins are named and not run', async () => {
  const ordinary = new URL('../plugins/fixtures/ordinary.ts', import.meta.url).pathname;
  const { explain } = await asking({
    plugins: { ordinary: { module: ordinary } },
    routes: { all: forwardTo({}) },
  });
  expect((await explain('/x')).notes).toEqual([
    'Fastify plugins run on every route, and were not: ordinary',
  ]);
});

test('edits of bodies ask an upstream for all of its answer, as it is', async () => {
  const body = { request: { set: { a: 1 } }, response: { remove: ['b'] } };
  const { explain, calls } = await asking({ routes: { all: forwardTo({ body }) } });
  const told = await explain('/x', { headers: { range: 'bytes=0-5' } });
  expect(told.outcome.kind).toBe('called');
  expect(told.calls[0]?.headers).toContain('accept-encoding');
  expect(told.calls[0]?.headers).not.toContain('range');
  expect(calls).toEqual([]);
});

test('an authentication service is not asked', async () => {
  const { explain, calls } = await asking({
    routes: { all: forwardTo({ forwardAuth: { upstream: 'other', path: '/verify' } }) },
  });
  const { plugins, outcome } = await explain('/x', { headers: { authorization: 'Basic abc' } });
  expect(plugins[0]).toMatchObject({ outcome: 'passes', isCertain: false });
  expect(plugins[0]?.says).toBe('was not asked: a request would make a call to other');
  expect(outcome.isCertain).toBe(false);
  expect(calls).toEqual([]);
});

test('a limit tells what is left and counts nothing, until it would refuse', async () => {
  const rateLimit = { max: 2, window: '1h', by: 'address' };
  const { explain, fetch } = await asking({ routes: { all: forwardTo({ rateLimit }) } });
  const saysOf = async (): Promise<string | undefined> => (await explain('/x')).plugins[0]?.says;
  for (let i = 0; i < 5; i++) {
    expect(await saysOf()).toBe('2 in 3600 s by address (127.0.0.1): 1 left after this one');
  }
  await (await fetch('/x')).text();
  await (await fetch('/x')).text();
  expect((await explain('/x')).outcome).toMatchObject({ status: 429, by: 'rateLimit' });
  expect((await fetch('/x')).status).toBe(429);
});

test('a body that is announced is not looked at', async () => {
  const validate = { body: { type: 'object' } };
  const { explain } = await asking({ routes: { all: forwardTo({ validate }) } });
  const headers = { 'content-length': '2', 'content-type': 'application/json' };
  const { plugins } = await explain('/x', { method: 'POST', headers });
  expect(plugins[0]).toMatchObject({ says: 'the body was not looked at', isCertain: false });
  expect((await explain('/x', { method: 'POST' })).outcome).toMatchObject({ status: 400 });
});
