/** However many requests are signed, traces take a bounded memory, and requests are served. */
import { expect, test } from 'vitest';
import { TRACE_LIMITS, Traces } from '../../src/observe/traces.ts';
import { manualClock } from '../helpers/clock.ts';
import { startTracing } from './tracing.ts';

const { kept, used, bytes, traceBytes } = TRACE_LIMITS;

/** All 10,000 take a while. */
const MANY = process.env['FIGURES'] === undefined ? used + 300 : 10_000;
const AT_ONCE = 50;

test(
  `of ${MANY} signed requests, all are served and the last are traced`,
  { timeout: 60_000 },
  async () => {
    const { signed, adminUrl } = await startTracing({
      config: { routes: { all: { match: { path: '/*' }, respond: { body: 'ok' } } } },
    });
    const ids: string[] = [];
    for (let i = 0; i < MANY; i += AT_ONCE) {
      const batch = Array.from({ length: Math.min(AT_ONCE, MANY - i) }, () => signed(`/${i}`));
      for (const response of await Promise.all(batch)) {
        expect([response.status, await response.text()]).toEqual([200, 'ok']);
        ids.push(response.headers.get('x-request-id')!);
      }
    }
    const found: number[] = [];
    for (const [i, id] of ids.entries()) {
      if (i < used - 2 * kept || i > used + AT_ONCE) continue;
      const { status } = await fetch(`${adminUrl}/trace/${id}`);
      if (status === 200) found.push(i);
    }
    // Signatures are remembered up to a number: the first after them leaves no trace, and takes nobody's place.
    expect(found).toHaveLength(kept);
    expect(Math.max(...found)).toBeLessThan(used + AT_ONCE);
  },
);

test('10,000 traces of the greatest size take the memory of a few', async () => {
  const traces = new Traces(manualClock());
  const text = 'x'.repeat(traceBytes);
  for (let i = 0; i < 10_000; i++) {
    traces.keep(`${i}`, Promise.resolve(text));
    await Promise.resolve();
  }
  await traces.find('9999');
  let sum = 0;
  for (let i = 0; i < 10_000; i++) sum += (await traces.find(`${i}`))?.length ?? 0;
  expect(sum).toBe(bytes);
});
