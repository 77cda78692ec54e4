/** The parts of the page that need no browser. */
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../src/admin/page-data.ts';
import { snapshot, upstream } from './snapshot.ts';

/** They are JavaScript for browsers, which the compiler of these tests does not read. */
const load = (name: string) =>
  import(pathToFileURL(`src/admin/page/${name}`).href) as Promise<unknown>;

interface Format {
  readonly rate: (perSecond: number) => string;
  readonly millis: (ms: number | undefined) => string;
  readonly seconds: (total: number) => string;
  readonly bytes: (size: number) => string;
  readonly percent: (share: number) => string;
  readonly until: (at: string, now: number) => string;
  readonly ago: (at: string, now: number) => string;
}
interface Alarm {
  readonly key: string;
  readonly level: string;
  readonly what: string;
  readonly why: string;
}
type AlarmsOf = (snapshot: Snapshot, now: number) => readonly Alarm[];
interface StreamEvent {
  readonly event: string;
  readonly data: string;
}
type Events = (body: ReadableStream<Uint8Array>, onBytes: () => void) => AsyncIterable<StreamEvent>;

const NOW = Date.parse('2026-12-01T00:00:10Z');

describe('numbers', async () => {
  const format = (await load('format.js')) as Format;

  test.each([
    [format.rate(0), '0/s'],
    [format.rate(0.004), '<0.01/s'],
    [format.rate(0.1), '0.1/s'],
    [format.rate(9.96), '10/s'],
    [format.rate(1_204.4), '1,204/s'],
    [format.rate(12_540), '12.5k/s'],
    [format.millis(undefined), '–'],
    [format.millis(0.004), '<0.01 ms'],
    [format.millis(3.14), '3.1 ms'],
    [format.millis(999.6), '1,000 ms'],
    [format.millis(1_204), '1.20 s'],
    [format.millis(61_000), '1 min 1 s'],
    [format.seconds(-3), '0 s'],
    [format.seconds(59.4), '59 s'],
    [format.seconds(3_600), '1 h'],
    [format.seconds(90_061), '1 d 1 h'],
    [format.bytes(0), '0 B'],
    [format.bytes(1_536), '1.5 KiB'],
    [format.bytes(193e6), '184 MiB'],
    [format.percent(0), '0 %'],
    [format.percent(0.00001), '<0.01 %'],
    [format.percent(0.123), '12 %'],
    [format.until('2026-12-01T00:00:13Z', NOW), 'in 3 s'],
    [format.until('2026-12-01T00:00:09Z', NOW), 'now'],
    [format.ago('2026-12-01T00:00:12Z', NOW), '0 s ago'],
  ])('have three digits and a unit: %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});

describe('alarms', async () => {
  const { alarmsOf } = (await load('alarms.js')) as { readonly alarmsOf: AlarmsOf };
  const keysOf = (shot: Snapshot): string[] =>
    alarmsOf(shot, NOW).map(({ level, key }) => `${level} ${key}`);

  test('there are none while nothing is wrong', () => {
    expect(keysOf(snapshot())).toEqual([]);
  });

  test('an open circuit says why, for how long, and when it is probed', () => {
    const open = upstream({
      circuit: 'open',
      circuitSeconds: 2,
      circuitUntil: '2026-12-01T00:00:13Z',
      circuitWhy: '5 failures in a row',
    });
    expect(alarmsOf(snapshot({ upstreams: [open] }), NOW)).toEqual([
      {
        key: 'circuit up',
        level: 'bad',
        what: 'up: circuit open',
        why: '5 failures in a row · for 2 s · next probe in 3 s',
        href: '#/upstreams/up',
      },
    ]);
  });

  test('a side that is out of its split says why, and since when', () => {
    const side = {
      route: 'shop',
      upstream: 'new',
      at: '2026-12-01T00:00:02Z',
      why: '9 of 9 failed',
    };
    expect(alarmsOf(snapshot({ abortedSides: [side] }), NOW)).toEqual([
      {
        key: 'side shop new',
        level: 'warn',
        what: 'new is out of the split of shop',
        why: '9 of 9 failed · 8 s ago',
        href: '#/routes/shop',
      },
    ]);
  });

  test('a store that does not answer, and operations that wait for an operator', () => {
    const since = '2026-12-01T00:00:05Z';
    const store = { kind: 'postgres', up: true, since, running: 3, stuck: 0 } as const;
    expect(keysOf(snapshot({ store }))).toEqual([]);
    const fault = { at: since, code: 'ECONNREFUSED' };
    const away = { ...store, up: false, stuck: 2, fault };
    expect(alarmsOf(snapshot({ store: away }), NOW)).toEqual([
      {
        key: 'store',
        level: 'bad',
        what: 'The store of operations does not answer',
        why: 'ECONNREFUSED, for 5 s',
        href: '#/operations',
      },
      {
        key: 'stuck',
        level: 'bad',
        what: '2 operations are stuck',
        why: 'until an operator retries or skips the step that cannot be undone',
        href: '#/operations',
      },
    ]);
  });

  test('the worst come first, whatever they are about', () => {
    const { gateway, totals } = snapshot();
    const found = keysOf(
      snapshot({
        upstreams: [
          upstream({ circuit: 'forced-closed' }),
          upstream({ name: 'b', circuit: 'half-open' }),
        ],
        gateway: {
          ...gateway,
          restartRequired: ['server.port'],
          rolledBackTo: 1,
          cpu: 0.97,
          logLinesDropped: 1,
          descriptors: { used: 900, allowed: 1_000 },
          reload: {
            cause: 'files',
            result: 'rejected',
            at: '2026-12-01T00:00:00Z',
            generation: 2,
            changes: [],
            faults: ['a.yaml:1:1 wrong'],
            restartRequired: [],
          },
        },
        totals: { ...totals, requestsPerSecond: 100, errorsPerSecond: 2 },
        certificates: [{ name: 'a', expiresAt: '2026-12-03T00:00:00Z', daysLeft: -1 }],
        plugins: [{ plugin: 'rateLimit', kind: 'redis', name: 'r', ok: false, facts: {} }],
        failingNames: [{ name: 'orders', addresses: [] }],
      }),
    );
    expect(found).toEqual([
      'bad rejected',
      'bad certificate a',
      'warn errors',
      'warn circuit b',
      'warn restart',
      'warn plugin rateLimit redis r',
      'warn name orders',
      'warn cpu',
      'warn descriptors',
      'warn log',
      'note circuit up',
      'note rolled back',
    ]);
  });

  test('a few errors in many requests are none', () => {
    const totals = { requestsPerSecond: 1_000, errorsPerSecond: 9, refusalsPerSecond: 0 };
    expect(keysOf(snapshot({ totals }))).toEqual([]);
  });

  test('the last target that fails is worse than one of two', () => {
    const well = { origin: 'http://a', weight: 1, inflight: 0, healthy: true, ejected: false };
    const lost = { ...well, origin: 'http://b', healthy: false };
    expect(keysOf(snapshot({ upstreams: [upstream({ targets: [well, lost] })] }))).toEqual([
      'warn targets up',
    ]);
    expect(keysOf(snapshot({ upstreams: [upstream({ targets: [lost] })] }))).toEqual([
      'bad targets up',
    ]);
  });
});

describe('the stream of events', async () => {
  const { events } = (await load('event-stream.js')) as { readonly events: Events };
  const read = async (chunks: readonly string[]): Promise<StreamEvent[]> => {
    const encoder = new TextEncoder();
    const body = ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)));
    return Array.fromAsync(events(body, () => undefined));
  };

  test('is read across the borders of chunks', async () => {
    expect(
      await read([
        'retry: 1000\n\nevent: snap',
        'shot\ndata: {"a"',
        ':1}\n',
        '\nevent: x\ndata: 2\n\n',
      ]),
    ).toEqual([
      { event: 'snapshot', data: '{"a":1}' },
      { event: 'x', data: '2' },
    ]);
  });

  test('leaves out comments, and what was cut', async () => {
    expect(await read([': beat\n\n', 'event: snapshot\ndata: {'])).toEqual([]);
  });

  test('joins the lines of one event, and takes CR LF', async () => {
    expect(await read(['data: a\r\ndata: b\r\n\r\n'])).toEqual([
      { event: 'message', data: 'a\nb' },
    ]);
  });
});
