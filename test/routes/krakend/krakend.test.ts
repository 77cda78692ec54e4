/** What users of KrakenD know, as rows of data: each does what it says. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { FakeUpstream } from '../../../src/testing.ts';
import { composing } from '../composing.ts';

interface Row {
  readonly option: string;
  readonly rule: string;
  readonly parts: Readonly<Record<string, object>>;
  readonly answers: Readonly<Record<string, string | number>>;
  readonly expect?: string;
  readonly degraded?: string;
  readonly status?: number;
  readonly asked?: readonly string[];
  readonly here: string;
}

const KEYS = 'option rule parts answers expect degraded status asked here'.split(' ');
const ROWS = parse(readFileSync(new URL('rows.yaml', import.meta.url), 'utf8')) as readonly Row[];

function upstreamOf(answer: string | number): FakeUpstream {
  if (answer === 'never') return () => new Promise(() => {});
  return () => (typeof answer === 'number' ? { status: answer } : { body: answer });
}

describe.each([...new Set(ROWS.map(({ option }) => option))])('%s', (option) => {
  test.each(ROWS.filter((row) => row.option === option))('$rule: $here', async (row) => {
    const upstreams = Object.fromEntries(
      Object.entries(row.answers).map(([name, answer]) => [name, upstreamOf(answer)]),
    );
    const { fetch, seen } = await composing(row.parts, upstreams);

    const response = await fetch('/1');

    expect(response.status).toBe(row.status ?? 200);
    if (row.expect !== undefined) expect(await response.text()).toBe(row.expect);
    expect(response.headers.get('gateway-degraded')).toBe(row.degraded ?? null);
    if (row.asked === undefined) return;
    const asked = seen.map(({ path, query }) => path + query);
    expect(asked.toSorted()).toEqual(row.asked.toSorted());
  });
});

test('there are at least sixty, and each says how KrakenD does it', () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(60);
  for (const row of ROWS) {
    expect(Object.keys(row).filter((key) => !KEYS.includes(key))).toEqual([]);
    expect([row.option, row.rule, row.here].every((text) => text.length > 3)).toBe(true);
  }
});
