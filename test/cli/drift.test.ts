/** What upstreams answer, compared with their documents: what is told, and what is not. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { driftText } from '../../src/cli/dev/drift/drift-text.ts';
import { type Drift, DriftWatch, EVERY } from '../../src/cli/dev/drift/drift-watch.ts';
import { OperationFinder } from '../../src/cli/dev/drift/operation-finder.ts';
import { readOpenapi } from '../../src/config/openapi/read.ts';
import { aRequest, aResponse } from '../helpers/call.ts';

const documentOf = (schema: object, more: object = {}) =>
  readOpenapi({
    file: join(process.cwd(), 'x/things.yaml'),
    name: 'things.yaml',
    text: JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Things', version: '1' },
      paths: {
        '/things/{id}': {
          get: {
            responses: {
              200: { description: '', content: { 'application/json': { schema } } },
              404: { description: '' },
              ...more,
            },
          },
        },
      },
      components: {
        schemas: {
          Price: { type: 'integer', minimum: 0 },
          Node: { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } },
        },
      },
    }),
  });

interface Answered {
  readonly status?: number;
  readonly type?: string;
  readonly coding?: string;
  readonly body?: unknown;
}

/** Answers of one upstream that is watched. */
function watching(document: ReturnType<typeof documentOf>) {
  const told: Drift[] = [];
  const watch = new DriftWatch((drift) => void told.push(drift));
  const of = watch.watch('things', document);
  const answer = async (answered: Answered = {}, path = '/things/1'): Promise<boolean> => {
    const { status = 200, type = 'application/json; charset=utf-8', coding, body } = answered;
    const headers = { 'content-type': type, ...(coding && { 'content-encoding': coding }) };
    const listener = of(aRequest({ path }), aResponse({ status, headers }));
    listener?.(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)));
    await new Promise((resolve) => setTimeout(resolve, coding === undefined ? 2 : 50));
    return listener !== undefined;
  };
  const lines = (): string[] =>
    told.flatMap((drift) => driftText(drift).split('\n').slice(1)).map((line) => line.trim());
  return { answer, told, lines, watch };
}

/** What is told of a body, by line. */
async function toldOf(schema: object, body: unknown): Promise<string[]> {
  const { answer, lines } = watching(documentOf(schema));
  await answer({ body });
  return lines();
}

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('what is told of a body', () => {
  test.each([
    ['nothing where it is as the document says', { type: 'string' }, 'x', []],
    ['its type', { type: 'string' }, 3, ['the document says string; an integer came']],
    [
      'the place of a member',
      object({ price: { $ref: '#/components/schemas/Price' } }),
      { price: '12' },
      ['/price: the document says integer; a string came'],
    ],
    [
      'one that is missing',
      object({ a: {} }, { required: ['a'] }),
      {},
      ['/a: the document says it is required; nothing came'],
    ],
    [
      'one that the document does not have, where it has all',
      object({ a: {} }, { additionalProperties: false }),
      { 'b/c': 'secret' },
      ['/b~1c: the document says there is no such member; one came'],
    ],
    [
      'a list once, by its first element that differs',
      { type: 'array', items: object({ n: { type: ['integer', 'null'] } }) },
      [{ n: 1 }, { n: 'x' }, { n: 'y' }],
      ['/1/n: the document says integer or null; a string came'],
    ],
    [
      'nothing of the keys of a map',
      { type: 'object', additionalProperties: { type: 'string' } },
      { 'secret-key': 1, other: 2 },
      ['/*: the document says string; an integer came'],
    ],
    [
      'a value that is not one of those',
      { enum: ['a', 'b'] },
      'secret',
      ['the document says one of ["a","b"]; another value (a string) came'],
    ],
    [
      'a format',
      { type: 'string', format: 'date-time' },
      'secret',
      ['the document says a string of the format date-time; another string came'],
    ],
    [
      'a pattern',
      { type: 'string', pattern: '^[A-Z]{3}$' },
      'secret',
      ['the document says a string like ^[A-Z]{3}$; another string came'],
    ],
    [
      'a bound',
      { $ref: '#/components/schemas/Price' },
      -1,
      ['the document says it must be >= 0; another value (an integer) came'],
    ],
    [
      'a union as a whole',
      { anyOf: [{ $ref: '#/components/schemas/Price' }, { type: 'null' }] },
      'x',
      ['the document says one of Price, null; a string came'],
    ],
    [
      'what differs several levels down',
      { $ref: '#/components/schemas/Node' },
      { next: { next: 1 } },
      ['/next/next: the document says object; an integer came'],
    ],
    ['nothing of formats that nobody knows', { type: 'string', format: 'sku' }, 'x', []],
    [
      'nothing of what only requests must have',
      object({ password: { type: 'string', writeOnly: true } }, { required: ['password'] }),
      {},
      [],
    ],
  ])('%s', async (_what, schema, body, lines) => {
    expect(await toldOf(schema, body)).toEqual(lines);
  });

  test('that a schema cannot be checked', async () => {
    expect(await toldOf({ type: 'string', pattern: '(' }, 'x')).toEqual([
      expect.stringMatching(/^the document says a schema that cannot be checked: .*; a body came$/),
    ]);
  });

  test('that it is not JSON, and nothing of what it is', async () => {
    const { answer, lines } = watching(documentOf({}));
    await answer({ body: Buffer.from('{"secret') });
    expect(lines()).toEqual(['the document says application/json; a body that is not JSON came']);
  });

  test('the same if it is compressed', async () => {
    const { answer, lines } = watching(documentOf({ type: 'string' }));
    await answer({ coding: 'gzip', body: gzipSync('1') });
    expect(lines()).toEqual(['the document says string; an integer came']);
  });

  test('at most ten things', async () => {
    const names = Array.from({ length: 15 }, (_, i) => `m${i}`);
    const schema = object(Object.fromEntries(names.map((name) => [name, { type: 'string' }])));
    const lines = await toldOf(schema, Object.fromEntries(names.map((name) => [name, 1])));
    expect([lines.length, lines.at(-1)]).toEqual([11, 'and 5 more']);
  });
});

describe('what is told of a head', () => {
  test('a status and a type that the document does not have', async () => {
    const { answer, told, lines } = watching(documentOf({}));
    await answer({ status: 202, body: 1 });
    await answer({ type: 'text/html', body: 1 });
    expect(lines()).toEqual([
      'the document says the status 200 or 404; another one came',
      'the document says application/json; text/html came',
    ]);
    expect(told.map(({ status }) => status)).toEqual([202, 200]);
  });

  test.each([
    ['an error of the upstream that the document does not mention', { status: 503 }],
    ['a part of a body', { status: 206, type: 'text/html' }],
    ['an answer that has no body in the document', { status: 404, body: {} }],
    ['304', { status: 304 }],
  ])('nothing of %s', async (_what, answered) => {
    const { answer, told } = watching(documentOf({ type: 'string' }));
    expect([await answer(answered), told]).toEqual([false, []]);
  });

  test('nothing of calls that the document does not have', async () => {
    const { answer, told } = watching(documentOf({ type: 'string' }));
    expect([await answer({ body: 1 }, '/others/1'), told]).toEqual([false, []]);
  });
});

describe('answers', () => {
  const schema = object({ a: { type: 'string' }, b: { type: 'string' } });

  test('are compared one in so many, the first of each status always', async () => {
    const { answer } = watching(
      documentOf(schema, { '4XX': { description: '', content: { 'application/json': {} } } }),
    );
    const compared: boolean[] = [];
    for (let i = 0; i <= EVERY; i++) compared.push(await answer({ body: {} }));
    expect(compared.map(Number).join('')).toBe(`1${'0'.repeat(EVERY - 1)}1`);
    expect(await answer({ status: 400, body: {} })).toBe(true);
  });

  test('tell the same thing once, and a new thing when it comes', async () => {
    const { answer, lines } = watching(documentOf(schema));
    await answer({ body: { a: 1 } });
    for (let i = 0; i < EVERY; i++) await answer({ body: { a: 2, b: 2 } });
    expect(lines()).toEqual([
      '/a: the document says string; an integer came',
      '/b: the document says string; an integer came',
    ]);
  });

  test('tell it again after a reload only if the document has changed', async () => {
    const { answer, watch, told } = watching(documentOf(schema));
    await answer({ body: { a: 1 } });
    const again = async (document: ReturnType<typeof documentOf>): Promise<void> => {
      const headers = { 'content-type': 'application/json' };
      const listener = watch.watch('things', document)(
        aRequest({ path: '/things/1' }),
        aResponse({ headers }),
      );
      listener?.(Buffer.from('{"a":1}'));
      await new Promise((resolve) => setTimeout(resolve, 2));
    };
    await again(documentOf(schema));
    expect(told).toHaveLength(1);
    await again(documentOf(object({ a: { type: 'boolean' } })));
    expect(told).toHaveLength(2);
  });
});

test('a difference is told with upstream, operation, status and document, and nothing that a terminal obeys', async () => {
  const { answer, told } = watching(documentOf(object({}, { additionalProperties: false })));
  await answer({ body: { 'a\u001b[2J': 1 } });
  expect(driftText(told[0]!)).toBe(
    [
      'things does not answer GET /things/{id} (200) as x/things.yaml says:',
      '  /a\ufffd[2J: the document says there is no such member; one came',
    ].join('\n'),
  );
});

test('the most literal template is the operation of a call', () => {
  const operations = ['/a/{id}', '/a/new', '/{x}/new', '/a/{id}.json', '/a/{id}/b'].map((path) => ({
    ...documentOf({}).operations[0]!,
    path,
  }));
  const finder = new OperationFinder({ operations });
  const found = ['/a/new', '/a/7', '/b/new', '/a/7/b', '/a/', '/a/7/c'].map(
    (path) => finder.find('GET', path)?.path,
  );
  expect(found).toEqual(['/a/new', '/a/{id}', '/{x}/new', '/a/{id}/b', undefined, undefined]);
  expect(finder.find('POST', '/a/new')).toBeUndefined();
});
