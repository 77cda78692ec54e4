/** The OpenAPI documents of the demo's services, compared with what the services answer. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SERVICES } from '../../demo/services/index.ts';
import type { ApiOperation } from '../../src/config/openapi/model.ts';
import { readOpenapi } from '../../src/config/openapi/read.ts';
import { AnswerJudge } from '../openapi/answers.ts';
import { serve } from './shop.ts';

const NAMES = [
  'users',
  'catalog',
  'orders',
  'payments',
  'inventory',
  'recommendations',
  'monolith',
  'shipping',
] as const;

const documentOf = (name: string) => {
  const file = `openapi/${name}.yaml`;
  return readOpenapi({ file, name: file, text: readFileSync(file, 'utf8') });
};

const IDS = ['u1', 'u8', 'p1', 'p24', '41', '42', '51', '52', 'nobody', 'same'];
const QUERIES = [
  '',
  '?limit=3',
  '?limit=0',
  '?category=audio',
  '?customerId=u1',
  '?ids=p1,p24,p99',
  '?unknown=1',
];
const ADDRESS = { street: 'Lindenstraße 12', city: 'Berlin', postcode: '10969', country: 'DE' };
const orderOf = (orderId: string, quantity: number) => ({
  reserve: { orderId, lines: [{ productId: 'p1', quantity }] },
  charge: { orderId, amount: quantity * 100_000, currency: 'EUR' },
  ship: { orderId, from: 'BER-1', to: ADDRESS, lines: [{ quantity }] },
});
const BODIES = [
  ...[orderOf('n1', 1), orderOf('41', 1), orderOf('n1', 2), orderOf('n2', 99)].flatMap((bodies) =>
    Object.values(bodies).map((body) => JSON.stringify(body)),
  ),
  undefined,
  '{',
  '{}',
  '{"customerId":"u1","lines":[{"productId":"p1","quantity":2}]}',
  '{"customerId":"u9","lines":[]}',
  '{"paymentKey":"same"}',
  '{ "paymentKey": "same" }',
  '{"paymentKey":"nobody"}',
];
/** Each content type with the bodies that it may have. */
const TYPED = [
  [undefined, [undefined]],
  ['application/json', BODIES],
  ['text/csv', ['{}']],
  ['image/png', [undefined, 'a picture', 'x'.repeat(600_000)]],
] as const;

/** Requests for an operation, good and bad. */
function* requestsFor({ path, method }: ApiOperation) {
  // What is confirmed cannot be cancelled after that: one is left.
  const ids = path.startsWith('/confirmations/') ? IDS.filter((id) => id !== '52') : IDS;
  const paths = path.includes('{')
    ? ids.map((id) => path.replace('{view}', 'front').replace(/\{\w+\}/, id))
    : [path];
  for (const each of paths) {
    if (method === 'GET') for (const query of QUERIES) yield { url: each + query, init: {} };
    else {
      for (const [type, bodies] of TYPED) {
        // Long ones go only where they may.
        if (type === 'image/png' && !path.endsWith('/avatar')) continue;
        for (const body of bodies) {
          for (const init of keyed(type, body)) yield { url: each, init: { method, ...init } };
        }
      }
    }
  }
}

/** With a key that others have as well, without one, and with one of its own. */
function keyed(type: string | undefined, body: string | undefined) {
  return ['same', undefined, randomUUID()].map((key) => ({
    headers: {
      ...(type !== undefined && { 'content-type': type }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(body !== undefined && { body }),
  }));
}

describe('the documents of the demo', () => {
  test.each(NAMES)('%s answers each request as its document says', async (name) => {
    const { operations, schemas } = documentOf(name);
    const url = await serve(SERVICES[name]('http://127.0.0.1:4100'));
    const judge = new AnswerJudge(schemas);
    const statuses = new Set<string>();
    const faults: string[] = [];
    // What is written first can be read then.
    const isRead = ({ method }: ApiOperation): number => Number(method === 'GET');
    for (const operation of operations.toSorted((a, b) => isRead(a) - isRead(b))) {
      for (const request of requestsFor(operation)) {
        const response = await fetch(url + request.url, request.init);
        const text = await response.text();
        const { status } = response;
        const type = response.headers.get('content-type');
        statuses.add(`${operation.method} ${operation.path} ${status}`);
        const fault = judge.fault(operation.responses, { status, type, text });
        if (fault !== undefined && !operation.isInternal) faults.push(`${request.url}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    // Each answer of the document can be had.
    const documented = operations.flatMap(({ method, path, isInternal, responses }) =>
      isInternal ? [] : Object.keys(responses).map((status) => `${method} ${path} ${status}`),
    );
    expect(documented.filter((each) => !statuses.has(each))).toEqual([]);
  });
});
