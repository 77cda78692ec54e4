/** Faults of a config with registered operations, what a change admits, and what `explain` and `audit` say. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { graphqlPackage } from '../../src/config/graphql/package.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { faultsOf, folderOf, load, withOrders } from '../config/config-files.ts';

const config = (operations: string, more = 'upstream: orders'): string =>
  withOrders(`routes:\n  g: { match: { path: /g }, ${more}, operations: ${operations} }`);

const withFile = (text: string): Promise<string[]> =>
  faultsOf({ 'c.yaml': config('{ documents: ./p.json }'), 'p.json': text });

describe('a fault is told at its line', () => {
  test.each<[string, string]>([
    ['', 'the file cannot be read: it is not JSON'],
    ['[]', 'the file must hold a JSON object: { "<id or hash>": "<text>" }'],
    ['"{a}"', 'the file must hold a JSON object: { "<id or hash>": "<text>" }'],
    ['{}', 'the file has no operations'],
    ['{"a":1}', '"a" must be the text of an operation'],
    ['{"a":"{ x","a":"{ y }"}', 'the file cannot be read: it has a duplicate key'],
    ['{"a":"{ x"}', '"a": Syntax Error: Expected Name, found <EOF>. (1:4 of its text)'],
    [
      '{"a":"query A {\\n  x(\\n}"}',
      '"a": Syntax Error: Expected Name, found "}". (3:1 of its text)',
    ],
    ['{"a":"fragment F on T { x }"}', '"a": has no operation'],
    ['{"a":"{ x } query B { y }"}', '"a": has several operations, so that each needs a name'],
    ['{"a":"query A { x } query A { y }"}', '"a": has two operations "A"'],
    [
      '{"a":"query A { x } type T { y: Int }"}',
      '"a": defines types: a document has operations and fragments',
    ],
  ])('%j', async (text, message) => {
    expect(await withFile(text)).toEqual([
      `c.yaml:4:72  routes.g.operations.documents: ${message}`,
    ]);
  });

  test('at most ten of a file, each once', async () => {
    const texts = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`o${i}`, '{']));
    const faults = await withFile(JSON.stringify(texts));
    expect(faults).toHaveLength(10);
  });

  test('of a file that is not there, nothing else', async () => {
    expect(await faultsOf(config('{ documents: ./nope.json }'))).toEqual([
      'c.yaml:4:72  routes.g.operations.documents: there is no file "./nope.json"',
    ]);
  });

  test('of a file that is no text, or too long', async () => {
    const folder = folderOf({ 'c.yaml': config('{ documents: ./p.json }') });
    writeFileSync(join(folder, 'p.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(load(join(folder, 'c.yaml'), {})).rejects.toThrow(
      'the file "./p.json" is not UTF-8',
    );
    writeFileSync(join(folder, 'p.json'), Buffer.alloc(4 * 1_048_576 + 1, ' '));
    await expect(load(join(folder, 'c.yaml'), {})).rejects.toThrow(
      '"./p.json" is larger than 4 MiB',
    );
  });

  test.each<[string, string, RegExp]>([
    [
      '{ documents: ./p.json }',
      'respond: { status: 204 }',
      /operations: needs a route that forwards/,
    ],
    [
      '{ documents: ./p.json }',
      'upstream: orders, websocket: {}',
      /operations: cannot look into a WebSocket/,
    ],
    [
      '{ document: ./p.json }',
      'upstream: orders',
      /document: unknown key; did you mean "documents"/,
    ],
    ['{ documents: ./p.json, unknown: refused }', 'upstream: orders', /unknown: .*"refuse"/],
    ['{ documents: ./p.json, maxBody: 0B }', 'upstream: orders', /must be more than 0B/],
    ['{ documents: 5 }', 'upstream: orders', /documents: expected text/],
  ])('%s beside %s', async (operations, action, fault) => {
    const faults = await faultsOf({
      'c.yaml': config(operations, action),
      'p.json': '{"a":"{ x }"}',
    });
    expect(faults.join('\n')).toMatch(fault);
  });

  test('a missing package says what to install', () => {
    const absent = (): never => {
      throw Object.assign(new Error("Cannot find module 'graphql'\nRequire stack:"), {
        code: 'MODULE_NOT_FOUND',
      });
    };
    expect(() => graphqlPackage(absent)).toThrow(
      'needs the package graphql, which is not installed: npm i graphql@17.1.0',
    );
  });
});

test('a file is found beside the config that names it, below defaults too, and is watched', async () => {
  const folder = folderOf({
    'c.yaml': `${withOrders('include: [./more/*.yaml]')}\ndefaults: { routes: { operations: { documents: ./p.json } } }`,
    'p.json': '{"a":"query A { x }"}',
    'more/r.yaml':
      'routes:\n  one: { match: { path: /1 }, upstream: orders, operations: { documents: ./q.json } }\n  two: { match: { path: /2 }, upstream: orders }',
    'more/q.json': '\ufeff{"b":"query B { x }"}',
  });
  const { config: built, warnings, originOf } = await load(join(folder, 'c.yaml'), {});
  expect(warnings).toEqual([]);
  // People are shown the name, not a file of a megabyte.
  for (const [route, name] of [
    ['one', './q.json'],
    ['two', './p.json'],
  ]) {
    expect(originOf(`routes.${route}.operations.documents`)).toMatchObject({ value: name });
  }
  expect(built.routes.map(({ plugins }) => plugins['operations'])).toMatchObject([
    { documents: '{"b":"query B { x }"}' },
    { documents: '{"a":"query A { x }"}' },
  ]);
  expect(built.files).toEqual(
    expect.arrayContaining([join(folder, 'p.json'), join(folder, 'more/q.json')]),
  );
});

describe('a change', () => {
  const { options, loosened } = BUILT_IN.find(({ name }) => name === 'operations')!;
  const told = (before: unknown, after: unknown) =>
    [
      ...loosened!.ofOptions!(
        before && options.parse(before),
        after && options.parse(after),
        new Map(),
        undefined as never,
      ),
    ].map(({ path, message, severity }) => `${path.join('.')} ${severity}: ${message}`);
  const one = { documents: '{"a":"query A { x }"}' };
  const two = { documents: '{"a":"query A { x }","b":"mutation B { y }"}' };
  const free = { ...one, unknown: 'allow' };

  test.each<[unknown, unknown, string[]]>([
    [one, one, []],
    [one, two, ['documents low: clients may ask for mutation B']],
    [two, one, []],
    [undefined, one, []],
    [free, one, []],
    [free, undefined, []],
    [one, free, ['unknown high: clients may send any GraphQL operation']],
    [one, undefined, [' high: clients may send any GraphQL operation']],
    [
      one,
      {
        documents: JSON.stringify(
          Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i, `query Q${i} { x }`])),
        ),
      },
      [
        'documents low: clients may ask for query Q0, query Q1, query Q2, query Q3, query Q4 and 3 more',
      ],
    ],
  ])('from %j to %j', (before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});
