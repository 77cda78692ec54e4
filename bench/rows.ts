/** The rows of bench/regress: one for each path that a request can take through the gateway. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { ANSWER } from '../src/load/answer.ts';

export interface Row {
  readonly name: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Of the request; 0 sends none. */
  readonly bodyBytes: number;
  readonly expected: unknown;
}

const answer: unknown = JSON.parse(ANSWER);
const page = {
  id: '42',
  total: 129.9,
  skus: ['KB-87-DE', 'CBL-USB-C-2M'],
  payment: 'shipped',
  reservation: 'shipped',
};

const get = (name: string, path: string, expected: unknown): Row => ({
  name,
  path,
  method: 'GET',
  bodyBytes: 0,
  expected,
});

export const ROWS: readonly Row[] = [
  get('bare', '/bare/42', answer),
  get('everything on', '/all/42', answer),
  get('aggregate', '/aggregate/42', { order: answer, payment: answer, inventory: answer }),
  get('page', '/page/42', page),
  {
    name: 'upload of 10 KiB',
    path: '/upload/42',
    method: 'POST',
    bodyBytes: 10_240,
    expected: answer,
  },
];

/** @throws {AssertionError} naming the row that is not answered as it should be */
export async function verifyRow(row: Row, origin: string, token: string): Promise<void> {
  const response = await fetch(origin + row.path, {
    method: row.method,
    headers: { authorization: `Bearer ${token}` },
    ...(row.bodyBytes > 0 ? { body: Buffer.alloc(row.bodyBytes, 'x') } : {}),
  });
  strictEqual(response.status, 200, `${row.name}: status`);
  deepStrictEqual(await response.json(), row.expected, `${row.name}: body`);
}
