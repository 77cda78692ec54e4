/**
 * What becomes of a part by its answer, its mode, and whether it is required: the tables of docs/graphql.md.
 * `UPDATE_DOCS=1` writes them.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { configFolder } from './config-folder.ts';
import { SECRET } from './shop-server.ts';

const PAGE = 'docs/graphql.md';
const MODES = ['degrade', 'fail', 'ignore'] as const;

const failed = (code?: string) => ({
  errors: [{ message: SECRET, path: ['a'], ...(code !== undefined && { extensions: { code } }) }],
});

/** Each as its row names it. */
const ANSWERS: readonly (readonly [row: string, body: object])[] = [
  ['`data`', { data: { a: 1, b: 2 } }],
  ['`data` and `errors`', { data: { a: null, b: 2 }, ...failed() }],
  ['`data` with nothing but `null`, and `errors`', { data: { a: null, b: null }, ...failed() }],
  ['`data: null` and `errors`', { data: null, ...failed() }],
  ['`data: null` alone', { data: null }],
  ['`errors` alone', failed()],
];

const config = (errors: string, more: object = {}) => ({
  upstream: 'shop',
  graphql: { document: join(documents(), 'q.graphql'), errors },
  ...more,
});

const documents = (): string => configFolder({ 'q.graphql': 'query Q { a b }' });

/** Status and `Gateway-Degraded` of a page with the part `q`, beside one that is well. */
async function outcomeOf(body: object, errors: string, required: boolean): Promise<string> {
  const { fetch } = await startGateway({
    config: {
      routes: {
        page: {
          match: { path: '/' },
          aggregate: {
            q: config(errors, { required }),
            well: { upstream: 'well', path: '/', required: true },
          },
        },
      },
    },
    upstreams: { shop: () => ({ body }), well: () => ({ body: 1 }) },
  });
  const response = await fetch('/');
  const text = await response.text();
  expect(text).not.toContain('SELECT');
  const value = (JSON.parse(text) as { q?: unknown }).q;
  const degraded = response.headers.get('gateway-degraded');
  const what = response.status === 200 ? (value === undefined ? 'without it' : 'its `data`') : '';
  return [
    String(response.status),
    what,
    degraded === null ? '' : `\`${degraded.replace('q;', '')}\``,
  ]
    .filter((each) => each !== '')
    .join(', ');
}

/** Whether one answer like this counts as a failure: with a circuit that opens at the first. */
async function opens(body: object): Promise<string> {
  const { fetch } = await startGateway({
    config: {
      upstreams: { shop: { targets: ['http://shop:1'], breaker: { consecutive: 1, open: '1h' } } },
      routes: {
        page: {
          match: { path: '/' },
          aggregate: { q: config('fail') },
          aggregation: { minimum: 0 },
        },
      },
    },
    upstreams: { shop: () => ({ body }) },
  });
  await (await fetch('/')).text();
  const next = (await fetch('/')).headers.get('gateway-degraded');
  return next?.includes('circuit-open') === true ? 'yes' : 'no';
}

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [head, ...rest] = rows;
  return [
    line(head!),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rest.map(line),
  ].join('\n');
};

function compare(name: string, rows: readonly (readonly string[])[]): void {
  const text = table(rows);
  if (process.env['UPDATE_DOCS'] === '1') writePart(PAGE, name, `\n${text}\n`);
  expect(partOf(PAGE, name)).toBe(text);
}

describe('the page has', () => {
  test('what becomes of the part', async () => {
    const rows: string[][] = [
      ['answer', 'the part is', ...MODES.map((mode) => `\`errors: ${mode}\``)],
    ];
    for (const [row, body] of ANSWERS) {
      for (const required of [true, false]) {
        const cells: string[] = [];
        for (const mode of MODES) cells.push(await outcomeOf(body, mode, required));
        rows.push([row, required ? 'required' : 'optional', ...cells]);
      }
    }
    compare('outcomes', rows);
  });

  test('what the circuit counts', async () => {
    const codes = [undefined, 'INTERNAL_SERVER_ERROR', 'BAD_USER_INPUT', 'FORBIDDEN'] as const;
    const rows: string[][] = [['`extensions.code`', '`data: null` and `errors`', '`errors` alone']];
    for (const code of codes) {
      const name = code === undefined ? 'none' : `\`${code}\``;
      rows.push([name, await opens({ data: null, ...failed(code) }), await opens(failed(code))]);
    }
    compare('circuit', rows);
  });
});
