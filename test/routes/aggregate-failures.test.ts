/**
 * What becomes of an answer, for each way in which a part may end. docs/aggregation.md shows the table;
 * `UPDATE_DOCS=1 npx vitest run test/routes/aggregate-failures.test.ts` rewrites it.
 */
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { closedOrigin, startUpstream } from '../gateway/support/upstream.ts';

const PAGE = 'docs/aggregation.md';
const PART = 'failures';
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;

interface Case {
  readonly answer?: RequestListener;
  readonly part?: object;
  readonly upstream?: object;
  /** Requests before the one that counts. */
  readonly before?: number;
}

const answering =
  (status: number, body?: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);

/** In the order of the table. */
const CASES: Readonly<Record<string, Case>> = {
  'an object': { answer: answering(200, '{"a":1}') },
  'a list': { answer: answering(200, '[1]') },
  '`200` without a body': { answer: answering(200) },
  '`204`': { answer: answering(204) },
  '`404`': { answer: answering(404) },
  'another 4xx': { answer: answering(422) },
  '5xx': { answer: answering(500) },
  'no answer in time': { answer: () => undefined, part: { timeout: '50ms' } },
  'connection refused': {},
  'open circuit': {
    answer: answering(500),
    upstream: { breaker: { consecutive: 1, open: '60s' } },
    before: 1,
  },
  'not JSON': { answer: answering(200, '<html>') },
  'longer than `maxBody`': { answer: answering(200, '[1,2,3,4]'), part: { maxBody: '4B' } },
  'cut short': {
    answer: (_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"a":', () => response.destroy());
    },
  },
};

/** The status and its code, or `Gateway-Degraded`. */
async function endOf(how: Case, required: boolean): Promise<readonly [number, string]> {
  const sick = how.answer === undefined ? await closedOrigin() : await startUpstream(how.answer);
  const { fetch } = await startGateway({
    config: {
      upstreams: {
        sick: { targets: [sick], retry: false, ...how.upstream },
        well: { targets: [await startUpstream(answering(200, '1'))] },
      },
      routes: {
        all: {
          match: { path: '/' },
          aggregate: {
            part: { upstream: 'sick', path: '/', required, ...how.part },
            other: { upstream: 'well', path: '/' },
          },
        },
      },
    },
  });
  for (let i = 0; i < (how.before ?? 0); i++) await fetch('/');
  const response = await fetch('/');
  const degraded = response.headers.get('gateway-degraded');
  if (response.status !== 200) return [response.status, `\`${await codeOf(response)}\``];
  expect(response.headers.get('cache-control')).toBe(degraded === null ? null : 'no-store');
  return [200, degraded === null ? '–' : `\`${degraded}\``];
}

test('a part that fails ends the answer, or is named in it, as docs/aggregation.md says', async () => {
  const rows: string[] = [];
  for (const [name, how] of Object.entries(CASES)) {
    const [status, code] = await endOf(how, true);
    const [kept, degraded] = await endOf(how, false);
    rows.push(`| ${name} | ${status}${code === '–' ? '' : ` ${code}`} | ${kept} | ${degraded} |`);
  }
  const table = [
    '| the answer of `part` | required | optional | `Gateway-Degraded` |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
  if (UPDATES) writePart(PAGE, PART, `\n${table}\n`);
  expect(partOf(PAGE, PART)).toBe(table);
});
