/** Names and attributes of spans, against OpenTelemetry's conventions and the table in docs/tracing.md. */
import { readFileSync } from 'node:fs';
import * as conventions from '@opentelemetry/semantic-conventions';
import { describe, expect, test } from 'vitest';
import { RequestRecord } from '../../../src/core/record.ts';
import { newTrace } from '../../../src/core/trace-context.ts';
import { TraceIds } from '../../../src/core/trace-ids.ts';
import type { Span } from '../../../src/observe/tracing/span.ts';
import { spansOf, type TracedRequest } from '../../../src/observe/tracing/spans.ts';

const ids = new TraceIds();

function requestOf(
  more: Partial<TracedRequest> = {},
  told: (record: RequestRecord) => void = () => undefined,
): TracedRequest {
  const record = new RequestRecord(1_000);
  told(record);
  return {
    id: 'r1',
    method: 'GET',
    host: 'shop.example',
    path: '/orders/7',
    scheme: 'https',
    address: '192.0.2.1',
    route: 'orders',
    endpoint: '',
    consumer: undefined,
    trace: undefined,
    record,
    ...more,
  };
}

const spans = (request: TracedRequest, status = 200, pattern?: string): Span[] =>
  spansOf(request, newTrace(ids, true), { status, now: 1_100, pattern }, ids);

/** One of everything that a record can say. */
function eventful(record: RequestRecord): void {
  const part = record.call('part', 'payment', 'payments', 1_000);
  const down = part.attempt(
    'payments',
    'https://pay.example',
    { method: 'BREW', path: '/p' },
    1_001,
  );
  Object.assign(down, { failedMs: 3, ending: 'GW_UPSTREAM_CONNECT', cause: 'refused' });
  const answered = part.attempt(
    'payments',
    'http://[::1]:81',
    { method: 'GET', path: '/p' },
    1_010,
  );
  Object.assign(answered, { connectMs: 1, firstByteMs: 2, ending: 503 });
  Object.assign(part, { queuedMs: 5, ending: 503, cause: 'status' });
  record.call('plugin', 'forwardAuth', 'auth', 1_000);
  record.split = { side: 'payments', by: 'sticky' };
  record.missing = [{ name: 'payment', reason: 'status' }];
  record.code = 'GW_UPSTREAM_CONNECT';
  record.cause = 'refused';
}

const KINDS = { server: 'request', internal: 'call', client: 'attempt' } as const;

/** `attribute: span, span` of each. */
function seen(all: readonly Span[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const { kind, attributes } of all) {
    for (const name of Object.keys(attributes)) {
      found.set(name, (found.get(name) ?? new Set()).add(KINDS[kind]));
    }
  }
  const order = Object.values(KINDS);
  return [...found].map(
    ([name, kinds]) => `${name}: ${order.filter((kind) => kinds.has(kind)).join(', ')}`,
  );
}

const everything = () =>
  spans(requestOf({ method: 'BREW', consumer: { id: 'c' } }, eventful), 502, '/orders/*');

test('docs/tracing.md lists every attribute that a span can have, and where, and no other one', () => {
  const page = readFileSync('docs/tracing.md', 'utf8');
  const rows = page.matchAll(
    /^\| `([a-z_.]+)`(?:, `([a-z_.]+)`)? \| ((?:request|call|attempt)[a-z, ]*) \|/gm,
  );
  const listed = [...rows].flatMap(([, first, second, where]) =>
    [first, second].flatMap((name) => (name === undefined ? [] : [`${name}: ${where}`])),
  );
  expect(new Set(seen(everything()))).toEqual(new Set(listed));
});

test('every attribute that is not Portico’s own is a stable one of the conventions', () => {
  const stable = new Set(
    Object.entries(conventions).flatMap(([key, name]) => (key.startsWith('ATTR_') ? [name] : [])),
  );
  const names = everything().flatMap(({ attributes }) => Object.keys(attributes));
  const foreign = [...new Set(names)].filter((name) => !name.startsWith('portico.'));
  expect(foreign.filter((name) => !stable.has(name))).toEqual([]);
  expect(foreign.length).toBeGreaterThan(8);
});

describe('the span of a request', () => {
  test.each([
    ['GET', '/orders/*', 'GET /orders/*'],
    ['GET', undefined, 'GET'],
    // Anybody can make methods up, so they are not in names.
    ['BREW', '/orders/*', 'HTTP /orders/*'],
    ['BREW', undefined, 'HTTP'],
  ])('of the method %s and the path %s is named %s', (method, pattern, name) => {
    const [span] = spans(requestOf({ method }), 200, pattern);
    expect(span!.name).toBe(name);
    expect(span!.attributes['http.request.method']).toBe(method === 'GET' ? 'GET' : '_OTHER');
    expect(span!.attributes['http.request.method_original']).toBe(
      method === 'GET' ? undefined : method,
    );
  });

  test.each([
    [200, undefined, false],
    [404, undefined, false],
    [499, '499', false],
    [500, '500', true],
  ])('that ended with %i has the error.type %s, is an error: %s', (status, type, isError) => {
    const [span] = spans(requestOf(), status);
    expect(span!.attributes['error.type']).toBe(type);
    expect(span!.isError).toBe(isError);
  });

  test.each([
    ['https', 'shop.example', 'shop.example', 443],
    ['http', 'shop.example', 'shop.example', 80],
    ['http', 'shop.example:8080', 'shop.example', 8_080],
    ['http', '[2001:db8::1]:81', '2001:db8::1', 81],
    ['http', '', undefined, undefined],
  ])('by %s for "%s" names %s and %s as the server', (scheme, host, address, port) => {
    const [{ attributes }] = spans(requestOf({ scheme, host })) as [Span];
    expect([attributes['server.address'], attributes['server.port']]).toEqual([address, port]);
  });
});

test('an attempt names its target, what it resends, and its error; a 4xx is one', () => {
  const [, , first, second] = everything();
  expect(first).toMatchObject({
    name: 'HTTP',
    attributes: {
      'url.full': 'https://pay.example/p',
      'server.address': 'pay.example',
      'server.port': 443,
      'error.type': 'GW_UPSTREAM_CONNECT',
    },
  });
  expect(second).toMatchObject({
    name: 'GET',
    attributes: {
      'server.address': '::1',
      'server.port': 81,
      'http.request.resend_count': 1,
      'http.response.status_code': 503,
      'error.type': '503',
    },
    isError: true,
  });
  const missing = requestOf({}, (record) => {
    const call = record.call('forward', '', 'up', 1_000);
    call.attempt('up', 'http://a:1', { method: 'GET', path: '/' }).ending = 404;
  });
  expect(spans(missing)[2]).toMatchObject({ attributes: { 'error.type': '404' }, isError: true });
});
