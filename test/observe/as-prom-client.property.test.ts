/** Our text of counters and histograms says the same as prom-client's, in both formats. */
import fc from 'fast-check';
import { Counter, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { Families } from '../../src/observe/families.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);
const OPEN = 'application/openmetrics-text';
const BUCKETS = [0.005, 0.1, 1, 10];

/** From few, so that series come again; some of them hostile. */
const word = fc.oneof(
  fc.constantFrom('a', 'b', '', '\\', '"', '\n', '\\n', 'x="y",z="', '} 1\n# EOF', 'é\u2028😀'),
  fc.string({ maxLength: 3 }),
);
const event = fc.record({
  words: fc.tuple(word, word, word),
  seconds: fc.oneof(
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    fc.constantFrom(0, 0.005, 0.1, 10, 1e-9, 1e21),
  ),
  traceId: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/), { nil: undefined }),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

function ours(events: readonly Event[]): Families {
  const families = new Families();
  const counts = families.counter('counts_total', 'A \\ and\nmore.', ['a', 'b', 'c']);
  const tally = families.tally({
    counter: { name: 'requests_total', help: 'Requests.' },
    histogram: { name: 'duration_seconds', help: 'Times.' },
    shared: ['a', 'b'],
    counted: ['c'],
    buckets: BUCKETS,
  });
  for (const { words, seconds, traceId } of events) {
    const [a, b, c] = words;
    counts.inc({ a, b, c }, seconds);
    tally.observe([a, b], [c], seconds, traceId);
  }
  return families;
}

function theirs(events: readonly Event[], isOpen: boolean): Promise<string> {
  const registry = new Registry<OpenMetricsContentType>();
  if (isOpen) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  const labelNames = ['a', 'b', 'c'] as const;
  const counts = new Counter({
    name: 'counts_total',
    help: 'A \\ and\nmore.',
    labelNames,
    registers,
  });
  const requests = new Counter({
    name: 'requests_total',
    help: 'Requests.',
    labelNames,
    registers,
  });
  const durations = new Histogram({
    name: 'duration_seconds',
    help: 'Times.',
    labelNames: ['a', 'b'],
    buckets: BUCKETS,
    enableExemplars: isOpen,
    registers,
  });
  for (const { words, seconds, traceId } of events) {
    const [a, b, c] = words;
    counts.inc({ a, b, c }, seconds);
    requests.inc({ a, b, c });
    const labels = { a, b };
    if (!isOpen) durations.observe(labels, seconds);
    else if (traceId === undefined) durations.observe({ labels, value: seconds });
    else {
      // The cast: its types want the labels of the metric here.
      const exemplarLabels = { trace_id: traceId } as object;
      durations.observe({ labels, value: seconds, exemplarLabels });
    }
  }
  return registry.metrics();
}

const LINE = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)( # \{.*\} \S+)?/;

/** Lines in any order, labels in any order, without empty labels and the times of exemplars. */
function meaningOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (line.startsWith('#') ? line : sampleOf(line))).toSorted();
}

function sampleOf(line: string): string {
  const [, name, labels = '', value, exemplar = ''] = LINE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${JSON.stringify(line)}`);
  const all = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)];
  const given = all.filter(([, , text]) => text !== '').map(([text]) => text);
  return `${name}{${given.toSorted().join()}} ${value}${exemplar}`;
}

const textOf = async (families: Families, accept?: string): Promise<string> =>
  (await Array.fromAsync(families.scrape(accept).pieces)).join('');

test.each([
  ['Prometheus’ text', undefined],
  ['OpenMetrics', OPEN],
])('%s', async (_format, accept) => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const expected = await theirs(events, accept !== undefined);
      expect(meaningOf(await textOf(ours(events), accept))).toEqual(meaningOf(expected));
    }),
    { numRuns: RUNS },
  );
});
