/** The OpenAPI documents of the demo's services, compared with what the services answer. */
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
] as const;

const documentOf = (name: string) => {
  const file = `openapi/${name}.yaml`;
  return readOpenapi({ file, name: file, text: readFileSync(file, 'utf8') });
};

const IDS = ['u1', 'u8', 'p1', 'p24', '41', '42', '52', 'nobody'];
const QUERIES = [
  '',
  '?limit=3',
  '?limit=0',
  '?category=audio',
  '?customerId=u1',
  '?ids=p1,p24,p99',
  '?unknown=1',
];
const TYPES = ['application/json', 'text/csv', 'image/png'];
const BODIES = [
  undefined,
  '{',
  '{}',
  '{"customerId":"u1","lines":[{"productId":"p1","quantity":2}]}',
  '{"customerId":"u9","lines":[]}',
  'x'.repeat(600_000),
];

/** Requests for an operation, good and bad. */
function* requestsFor({ path, method }: ApiOperation) {
  const paths = path.includes('{')
    ? IDS.map((id) => path.replace('{view}', 'front').replace(/\{\w+\}/, id))
    : [path];
  for (const each of paths) {
    for (const query of QUERIES) {
      if (method === 'GET') yield { url: each + query, init: {} };
      else {
        for (const type of TYPES) {
          for (const body of BODIES) {
            const headers = { 'content-type': type };
            yield {
              url: each + query,
              init: { method, headers, ...(body !== undefined && { body }) },
            };
          }
        }
      }
    }
  }
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
