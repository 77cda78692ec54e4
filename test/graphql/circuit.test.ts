/** Failures that HTTP calls 200 open the circuit; mistakes of clients do not, however many. */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../src/testing.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { configFolder } from './config-folder.ts';

const WELL = { data: { a: 1 } };
const SICK = {
  data: null,
  errors: [{ message: 'boom', path: ['a'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
};
const INVALID = {
  errors: [{ message: 'Cannot query field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
};
const DENIED = { data: null, errors: [{ message: 'no', extensions: { code: 'FORBIDDEN' } }] };

async function serving(
  shop: FakeUpstream,
  more: { readonly upstream?: object; readonly graphql?: object } = {},
) {
  const folder = configFolder({ 'q.graphql': 'query Q { a }', 'm.graphql': 'mutation M { a }' });
  const { document = 'q.graphql', ...graphql } = (more.graphql ?? {}) as { document?: string };
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const clock = manualClock();
  const gateway = await startGateway({
    clock,
    log: pino({ level: 'info' }, sink),
    config: {
      telemetry: { logs: { access: true } },
      upstreams: { shop: { targets: ['http://shop:1'], retry: false, ...more.upstream } },
      routes: {
        page: {
          match: { path: '/' },
          aggregate: {
            q: { upstream: 'shop', graphql: { document: join(folder, document), ...graphql } },
          },
          aggregation: { minimum: 0 },
        },
      },
    },
    upstreams: { shop },
  });
  const ask = async (): Promise<string> => {
    const response = await gateway.fetch('/');
    await response.text();
    return response.headers.get('gateway-degraded') ?? 'well';
  };
  const askOften = async (times: number): Promise<Map<string, number>> => {
    const told: string[] = [];
    for (let i = 0; i < times; i++) told.push(await ask());
    return new Map([...Map.groupBy(told, (each) => each)].map(([name, all]) => [name, all.length]));
  };
  return { ...gateway, ask, askOften, lines, clock };
}

const breaker = { ratio: 0.1, minimum: 20, window: '10s', open: '5s' };

describe('the circuit', () => {
  test('opens where one answer in ten has failed, though each has status 200', async () => {
    let calls = 0;
    const shop: FakeUpstream = () => ({ body: ++calls % 10 === 0 ? SICK : WELL });
    const { askOften } = await serving(shop, { upstream: { breaker } });
    const told = await askOften(40);
    expect(told.get('q;reason=graphql-error')).toBe(2);
    expect(told.get('q;reason=circuit-open')).toBe(20);
    expect(calls).toBe(20);
  });

  test.each([
    ['refused operations', INVALID],
    ['denied fields', DENIED],
  ])('stays closed over %s alone, and asks every time', async (_, body) => {
    let calls = 0;
    const { askOften } = await serving(() => ((calls += 1), { body }), { upstream: { breaker } });
    expect(await askOften(60)).toEqual(new Map([['q;reason=graphql-error', 60]]));
    expect(calls).toBe(60);
  });

  test('counts the codes that blame names, and no others', async () => {
    const shop: FakeUpstream = () => ({ body: DENIED });
    const options = {
      upstream: { breaker: { consecutive: 3, open: '5s' } },
      graphql: { blame: ['FORBIDDEN'] },
    };
    const { askOften } = await serving(shop, options);
    expect((await askOften(5)).get('q;reason=circuit-open')).toBe(2);
    const sick = await serving(() => ({ body: SICK }), options);
    expect((await sick.askOften(5)).get('q;reason=circuit-open')).toBeUndefined();
  });

  test('counts what is no answer of GraphQL', async () => {
    for (const body of ['<html>', '[]', '{}', '{"data":5}', '{"data":[]}', '{"data":{"a":1}', '']) {
      const { askOften } = await serving(() => ({ body }), {
        upstream: { breaker: { consecutive: 1, open: '5s' } },
      });
      expect([body, await askOften(2)]).toEqual([
        body,
        new Map([
          ['q;reason=invalid', 1],
          ['q;reason=circuit-open', 1],
        ]),
      ]);
    }
  });

  test('is closed again by a probe whose body is well, not by its head', async () => {
    let answer: object = SICK;
    const options = { upstream: { breaker: { consecutive: 1, open: '5s' } } };
    const { ask, clock } = await serving(() => ({ body: answer }), options);
    expect([await ask(), await ask()]).toEqual(['q;reason=graphql-error', 'q;reason=circuit-open']);
    clock.advance(6_000);
    expect([await ask(), await ask()]).toEqual(['q;reason=graphql-error', 'q;reason=circuit-open']);
    answer = WELL;
    clock.advance(60_000);
    expect([await ask(), await ask()]).toEqual(['well', 'well']);
  });
});

describe('a retry', () => {
  const retry = { attempts: 2, on: [503], backoff: '1ms' };
  const flaky = (): { readonly shop: FakeUpstream; readonly calls: () => number } => {
    let calls = 0;
    return { shop: () => (++calls === 1 ? { status: 503 } : { body: WELL }), calls: () => calls };
  };

  test('is made of a query, which is POST all the same', async () => {
    const { shop, calls } = flaky();
    const { ask, clock } = await serving(shop, { upstream: { retry } });
    const asked = ask();
    while (calls() < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1);
    }
    expect([await asked, calls()]).toEqual(['well', 2]);
  });

  test('is not made of a mutation', async () => {
    const { shop, calls } = flaky();
    const { ask } = await serving(shop, {
      upstream: { retry },
      graphql: { document: 'm.graphql' },
    });
    expect([await ask(), calls()]).toEqual(['q;reason=status-503', 1]);
  });
});

test('the access log has code and path of an error, and nothing of its message', async () => {
  const partial = {
    data: { a: null, b: 1 },
    errors: [{ message: 'boom', path: ['a', 0, 'x y"'], extensions: { code: 'TIMEOUT' } }],
  };
  let body: object = SICK;
  const { ask, lines } = await serving(() => ({ body }));
  await ask();
  body = partial;
  await ask();
  body = { data: null, errors: [{ message: 'boom', extensions: { code: 'a b\n"c"' } }] };
  await ask();
  const log = lines.join('');
  expect(log).toContain('"cause":"INTERNAL_SERVER_ERROR at a"');
  expect(log).toContain('"cause":"TIMEOUT at a.0.xy"');
  expect(log).toContain('"cause":"error"');
  expect(log).not.toContain('boom');
});
