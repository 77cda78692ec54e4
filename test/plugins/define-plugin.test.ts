import { describe, expect, test } from 'vitest';
import { definePlugin } from '../../src/authoring/plugin.ts';
import { z } from '../../src/index.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { fixture } from './fixtures/folder.ts';

/** Routes `/name` to `up`, each with these keys; the plugins of the fixtures are at hand. */
async function plugged(
  routes: Readonly<Record<string, object>>,
  up: FakeUpstream = () => ({ body: 'body' }),
) {
  return startGateway({
    config: {
      plugins: {
        trace: { module: fixture('trace') },
        faulty: { module: fixture('faulty') },
      },
      routes: Object.fromEntries(
        Object.entries(routes).map(([name, keys]) => [
          name,
          'upstream' in keys || Object.keys(keys).some((key) => ACTIONS.has(key))
            ? { match: { path: `/${name}` }, ...keys }
            : forwardTo(`/${name}`, keys),
        ]),
      ),
    },
    upstreams: { up },
  });
}
const ACTIONS = new Set(['respond', 'redirect', 'aggregate']);

const PHASES = [
  'cors',
  'ip',
  'limitAddress',
  'authenticate',
  'authorize',
  'limitConsumer',
  'validate',
  'request',
];

describe('phases', () => {
  test('run in their order, whatever the order of registration', async () => {
    const { fetch } = await plugged({ a: { trace: { phases: PHASES.toReversed() } } });
    const response = await fetch('/a?q=1');
    expect(response.headers.get('x-trace')?.split(' ')).toEqual(PHASES);
    expect(response.headers.get('x-url')).toBe('/a?q=1');
  });

  test('end where a hook answers', async () => {
    let calls = 0;
    const { fetch } = await plugged(
      { a: { trace: { phases: PHASES, answers: 'authorize' } } },
      () => {
        calls += 1;
        return {};
      },
    );
    const response = await fetch('/a');
    expect([response.status, await response.text(), calls]).toEqual([202, 'answered', 0]);
    expect(response.headers.get('x-trace')).toBe('cors ip limitAddress authenticate authorize');
  });

  test('run none of a plugin’s code on a route without its key', async () => {
    const { fetch } = await plugged({ a: { trace: { phases: PHASES } }, b: {} });
    const { headers } = await fetch('/b');
    expect([headers.get('x-trace'), headers.get('x-response')]).toEqual([null, null]);
  });
});

describe('policies', () => {
  test('stand around the whole call (outer), or around each attempt (inner)', async () => {
    const seen: unknown[] = [];
    const { fetch } = await plugged({ a: { trace: { policies: true } } }, ({ headers }) => {
      seen.push(headers['x-trace']);
      return { status: seen.length === 1 ? 503 : 200 };
    });

    const response = await fetch('/a', { headers: { 'x-trace': 'forged' } });

    expect(response.status).toBe(200);
    expect(seen).toEqual(['outer1 inner1', 'outer1 inner2']);
  });

  test('apply to every call under the route: parts too', async () => {
    const seen: unknown[] = [];
    const part = (path: string) => ({ upstream: 'up', path });
    const { fetch } = await plugged(
      { a: { trace: { policies: true }, aggregate: { one: part('/1'), two: part('/2') } } },
      ({ headers }) => {
        seen.push(headers['x-trace']);
        return { body: 1 };
      },
    );
    await fetch('/a');
    expect(seen).toEqual(['outer1 inner1', 'outer1 inner1']);
  });
});

describe('onResponse', () => {
  test.each([
    ['forward', {}],
    ['respond', { respond: { body: 'x' } }],
    ['redirect', { redirect: { to: '/b' } }],
    ['aggregate', { aggregate: { part: { upstream: 'up', path: '/' } } }],
  ])('edits status and headers of %s', async (_action, keys) => {
    const { fetch } = await plugged({ a: { trace: { status: 203 }, ...keys } }, () => ({
      body: {},
    }));
    const response = await fetch('/a');
    expect([response.status, response.headers.get('x-response')]).toEqual([203, 'seen']);
  });

  test('sees errors of ours, too', async () => {
    const { fetch } = await plugged({ a: { trace: {}, faulty: { on: 'request' } } });
    const response = await fetch('/a');
    expect([response.status, response.headers.get('x-response')]).toEqual([500, 'seen']);
  });
});

describe('fields set on the reply', () => {
  test.each([
    ['where the answer goes straight to the socket', {}],
    ['where it goes through Fastify', { wrap: '' }],
  ])('win over the upstream’s %s; Vary and Set-Cookie are added to', async (_where, more) => {
    const fields = { 'x-own': 'ours', vary: 'X-Own', 'set-cookie': ['c=3', 'd=4'] };
    const { fetch } = await plugged({ a: { trace: { fields, ...more } } }, () => ({
      headers: { 'x-own': 'theirs', vary: 'Accept', 'set-cookie': ['a=1', 'b=2'] },
    }));
    const { headers } = await fetch('/a');
    expect([headers.get('x-own'), headers.get('vary')]).toEqual(['ours', 'Accept, X-Own']);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2', 'c=3', 'd=4']);
  });
});

describe('transform', () => {
  test.each([
    ['forward', {}, '<[body[<'],
    ['respond', { respond: { body: 'text' } }, '<[text[<'],
    [
      'aggregate',
      {
        aggregate: { part: { upstream: 'up', path: '/', default: 1 } },
        aggregation: { minimum: 0 },
      },
      '<[{"part":1}[<',
    ],
  ])('changes the body of %s, and with it the length', async (_action, keys, text) => {
    const { fetch } = await plugged({ a: { trace: { wrap: '<[' }, ...keys } }, () => ({
      body: 'body',
      headers: { 'content-length': '4', 'set-cookie': ['a=1', 'b=2'] },
    }));

    const response = await fetch('/a');

    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-length')).toBeNull();
    expect(response.headers.get('x-wrapped')).toBe('yes');
    if (_action === 'forward') expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    // The head alone must not tell the length that the body had before (RFC 9110 §8.6).
    const head = await fetch('/a', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, null]);
  });

  test('streams: the answer begins before the upstream has ended', async () => {
    const origin = await startUpstream((_request, response) => void response.write('first'));
    const { fetch, gateway } = await startGateway({
      config: {
        plugins: { trace: { module: fixture('trace') } },
        upstreams: { up: { targets: [origin] } },
        routes: { a: forwardTo('/a', { trace: { wrap: '<' } }) },
      },
    });

    const controller = new AbortController();
    const response = await fetch('/a', { signal: controller.signal });
    const reader = response.body!.getReader();
    let text = '';
    while (text !== '<first') text += Buffer.from((await reader.read()).value ?? []).toString();
    controller.abort();

    await expect.poll(() => gateway.status().upstreams[0]?.slots.used).toBe(0);
  });

  test('leaves errors of ours, and answers without a body, as they are', async () => {
    const { fetch } = await plugged(
      { a: { trace: { wrap: '<' } }, b: { trace: { wrap: '<' }, faulty: { on: 'request' } } },
      () => ({ status: 204 }),
    );
    expect(await (await fetch('/a')).text()).toBe('');
    expect(await (await fetch('/a', { method: 'HEAD' })).text()).toBe('');
    expect(await (await fetch('/b')).json()).toMatchObject({ status: 500 });
  });
});

describe('definePlugin', () => {
  const base = { settings: z.strictObject({}), options: z.strictObject({}) };
  const register = () => ({ route: () => undefined });

  test.each(['match', 'upstream', 'aggregate', 'split', 'fallback', 'timeout', 'limits'])(
    'refuses the name %s, which a route has already',
    (name) => {
      expect(() => definePlugin({ name, ...base, register })).toThrow(TypeError);
    },
  );

  test('refuses settings that would let a typo through', () => {
    const settings = z.looseObject({});
    expect(() => definePlugin({ ...base, name: 'x', settings, register })).toThrow(/strictObject/);
  });

  test.each([
    [{ name: undefined }, /a plugin needs a name/],
    [{ name: 'a b' }, /"a b" cannot name a plugin/],
    [{ options: undefined }, /plugin x: options must be a zod schema/],
    [{ settings: undefined }, /plugin x: settings must be a z\.strictObject/],
    [{ settings: z.string() }, /plugin x: settings must be a z\.strictObject/],
    [{ register: undefined }, /plugin x: register must be a function/],
    [{ option: z.any() }, /plugin x: unknown key "option"; did you mean "options"\?/],
    [{ onRequest: () => {} }, /plugin x: unknown key "onRequest"/],
  ])('refuses what is no definition, and says what would be one: %j', (wrong, fault) => {
    const definition = { ...base, name: 'x', register, ...wrong };
    expect(() => definePlugin(definition as never)).toThrow(fault);
  });
});
