/** Faults of GraphQL parts, told at their line and, in files, with the line of these; what diff and explain say. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aggregate } from '../../src/actions/aggregate.ts';
import { faultsOf, folderOf, load, withOrders } from '../config/config-files.ts';

const SCHEMA = `type Query { product(id: ID!): Product }
type Mutation { rate(id: ID!, stars: Int!): Boolean }
type Product { name: String! }`;

const FILES = {
  'names.graphql': 'query Names($id: ID!) {\n  product(id: $id) { name }\n}',
  'rate.graphql':
    'mutation Rate($id: ID!, $stars: Int! = 3, $note: String) { rate(id: $id, stars: $stars) }',
  'two.graphql': 'query One { a } query Two { b }',
  'watch.graphql': 'subscription Watch { prices }',
  'broken.graphql': 'query Names {\n  product(id: {\n}',
  'typed.graphql': 'query Typed { product(id: 1) { name price } }',
  'template.graphql': 'query T {\n  product(id: "{id}") { name }\n}',
  'schema.graphql': SCHEMA,
  'bad-schema.graphql': 'type Query {',
};

const GOOD = '{ document: ./names.graphql, variables: { id: "{id}" } }';

const config = (...parts: readonly string[]): string =>
  withOrders(
    [
      'routes:',
      '  p:',
      '    match: { path: "/p/{id}" }',
      '    aggregate:',
      ...parts.map((part, i) => `      p${i}: { upstream: orders, ${part} }`),
    ].join('\n'),
  );

const faultsIn = async (...parts: readonly string[]): Promise<string[]> =>
  (await faultsOf({ 'c.yaml': config(...parts), ...FILES })).map((fault) =>
    fault.replace(/^c\.yaml:(\d+):\d+ {2}routes\.p\.aggregate\./, '$1 '),
  );

test.each([
  GOOD,
  `${GOOD}, path: /api`,
  `${GOOD}, required: true`,
  `${GOOD}, pick: [product.name]`,
])('graphql: %s is fine', async (graphql) => {
  expect(await faultsIn(`graphql: ${graphql}`)).toEqual([]);
});

describe('a fault', () => {
  test.each<[graphql: string, fault: string]>([
    ['{ document: ./nope.graphql }', 'p0.graphql.document: there is no file "./nope.graphql"'],
    [
      '{ document: ./broken.graphql }',
      'p0.graphql.document: ./broken.graphql:3:2: Syntax Error: Expected Name, found <EOF>.',
    ],
    ['{ document: "query { a }\\n" }', 'p0.graphql.document: is not the name of a file'],
    ['{ document: ./two.graphql }', 'p0.graphql: needs "operation": the document has One, Two'],
    [
      '{ document: ./two.graphql, operation: Tow }',
      'p0.graphql.operation: no operation "Tow" in the document; did you mean "Two"?',
    ],
    [
      '{ document: ./watch.graphql }',
      'p0.graphql.document: is a subscription: a part has one answer',
    ],
    [
      '{ document: ./template.graphql }',
      'p0.graphql.document: ./template.graphql:2:15: has the template {id} in its text: values belong into "variables"',
    ],
    [
      '{ document: ./names.graphql }',
      'p0.graphql: the operation Names needs the variable "id" of type ID!',
    ],
    [
      '{ document: ./names.graphql, variables: { id: null } }',
      'p0.graphql.variables.id: must not be null: it is of type ID!',
    ],
    [
      '{ document: ./names.graphql, variables: { id: x, ids: y } }',
      'p0.graphql.variables.ids: the operation Names has no variable "ids"; did you mean "id"?',
    ],
    [
      '{ document: ./names.graphql, variables: { id: "{nope}" } }',
      'p0.graphql.variables.id: no path parameter {nope} (known: id, p0)',
    ],
    [
      '{ document: ./names.graphql, variables: { id: "{p0.x}" } }',
      'p0.graphql.variables.id: {p0.x} refers to its own part',
    ],
    [
      '{ document: ./names.graphql, variables: { id: "{id" } }',
      'p0.graphql.variables.id: "{id" has an unmatched brace',
    ],
    [
      '{ document: ./names.graphql, variables: { id: [1] } }',
      'p0.graphql.variables.id: is not of type ID!',
    ],
    [
      '{ document: ./rate.graphql, variables: { id: a, stars: many } }',
      'p0.graphql.variables.stars: is not of type Int!',
    ],
    [
      '{ document: ./typed.graphql, schema: ./schema.graphql }',
      'p0.graphql.document: ./typed.graphql:1:37: Cannot query field "price" on type "Product".',
    ],
    [
      '{ document: ./names.graphql, schema: ./bad-schema.graphql, variables: { id: x } }',
      'p0.graphql.document: ./names.graphql: the schema cannot be used at 1:13: Syntax Error: Expected Name, found <EOF>.',
    ],
    [
      '{ document: ./names.graphql, schema: ./nope.graphql, variables: { id: x } }',
      'p0.graphql.schema: there is no file "./nope.graphql"',
    ],
    [
      '{ documents: ./names.graphql }',
      'p0.graphql.documents: unknown key; did you mean "document"?',
    ],
    [
      `${GOOD}, method: POST`,
      'p0.method: cannot be combined with "graphql", which sends a POST of its own',
    ],
    [`${GOOD}, type: text`, 'p0.type: cannot be combined with "graphql", which is JSON'],
    [`${GOOD}, path: "/a b"`, 'p0.path: is not a canonical path: use "/a%20b"'],
  ])('of graphql: %s', async (graphql, fault) => {
    expect(await faultsIn(`graphql: ${graphql}`)).toContain(`7 ${fault}`);
  });

  test('of a part without a path', async () => {
    expect(await faultsIn('required: true')).toEqual(['7 p0: needs a path, or graphql']);
  });

  test('of two parts that change something', async () => {
    const rate = 'graphql: { document: ./rate.graphql, variables: { id: x } }';
    expect(await faultsIn(rate)).toEqual([]);
    expect(await faultsIn(rate, 'path: /x, method: POST')).toEqual([
      '7 p0.graphql: is a mutation: only one part may change something, and "p1" does',
    ]);
    expect(await faultsIn(rate, rate)).toEqual([
      '8 p1.graphql: is a mutation: only one part may change something, and "p0" does',
    ]);
  });

  test('of two parts whose variables wait for each other', async () => {
    const [fault] = await faultsIn(
      'graphql: { document: ./names.graphql, variables: { id: "{p1.id}" } }',
      'path: "/x/{p0.id}"',
    );
    expect(fault).toContain('waits for itself: p0 → p1 → p0');
  });
});

test('the files of a part are watched', async () => {
  const part =
    'graphql: { document: ./names.graphql, schema: ./schema.graphql, variables: { id: "{id}" } }';
  const folder = folderOf({ 'c.yaml': config(part), ...FILES });
  const { config: built } = await load(join(folder, 'c.yaml'), {});
  expect(built.files).toEqual(
    expect.arrayContaining([join(folder, 'names.graphql'), join(folder, 'schema.graphql')]),
  );
});

describe('diff', () => {
  /** What it says of two texts of the same file. */
  async function told(before: string, after: string): Promise<string[]> {
    const part = 'graphql: { document: ./q.graphql }';
    const folder = folderOf({ 'c.yaml': config(part), 'q.graphql': before });
    const actionOf = async () => (await load(join(folder, 'c.yaml'), {})).config.routes[0]!.action;
    const old = await actionOf();
    writeFileSync(join(folder, 'q.graphql'), after);
    return [...aggregate.loosened!(old, await actionOf())].map(
      ({ path, severity, message }) => `${path.join('.')} ${severity}: ${message}`,
    );
  }

  test('tells that the text of an operation has changed', async () => {
    expect(await told('query A { x }', 'query A { x }')).toEqual([]);
    expect(await told('query A { x }', 'query A { x y }')).toEqual([
      'aggregate.p0.graphql low: p0 asks for something else: the text of the query A has changed',
    ]);
  });

  test('tells that a part changes something now', async () => {
    expect(await told('query A { x }', 'mutation B { x }')).toEqual([
      'aggregate.p0.graphql medium: requests change something: p0 sends the mutation B',
    ]);
  });
});
