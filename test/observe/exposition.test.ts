import { describe, expect, test } from 'vitest';
import { Metrics } from '../../src/observe/metrics.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';

const ROUTES = size('ROUTES', 500, 10_000);
const STATUSES = [200, 201, 400, 404, 500];

const observed = (route: string, status = 200) => ({
  route,
  endpoint: '',
  method: 'GET',
  status,
  seconds: 0.02,
});

function withTraffic(routes = ROUTES): Metrics {
  const metrics = new Metrics(() => []);
  for (let i = 0; i < routes; i++) {
    for (const status of STATUSES) {
      metrics.observeRequest(observed(`r${i}`, status));
      metrics.countError(`r${i}`, 'GW_UPSTREAM_CONNECT', 'ECONNREFUSED');
    }
  }
  return metrics;
}

const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`));

const namesOf = (lines: readonly string[]): string[] => lines.map((line) => line.split(' ')[0]!);

describe('the text of all metrics', () => {
  test('has series of routes with traffic only', async () => {
    const text = await withTraffic(2).text();
    expect(namesOf(linesOf(text, 'portico_requests_total'))).toEqual(
      ['r0', 'r1'].flatMap((route) =>
        STATUSES.map(
          (status) =>
            `portico_requests_total{route="${route}",endpoint="",method="GET",status="${status}"}`,
        ),
      ),
    );
    expect(text).not.toContain('r2');
  });

  test('comes in whole lines', async () => {
    const { pieces } = withTraffic().scrape(undefined);
    let count = 0;
    for await (const piece of pieces) {
      count += 1;
      expect(piece.endsWith('\n')).toBe(true);
    }
    expect(count).toBeGreaterThan(3);
  });

  test('lets others run between its pieces, and makes none that nobody reads', async () => {
    const { pieces } = withTraffic().scrape(undefined);
    await pieces.next();
    let hasRun = false;
    setImmediate(() => (hasRun = true));
    await pieces.next();
    expect(hasRun).toBe(true);
    await pieces.return(undefined);
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
  });

  test('has no series twice, and no family in parts, if some come and go meanwhile', async () => {
    const metrics = withTraffic();
    let text = '';
    let round = 0;
    for await (const piece of metrics.scrape(undefined).pieces) {
      text += piece;
      metrics.forget({ routes: new Set([`r${round}`, `r${ROUTES - 1}`]), upstreams: new Set() });
      metrics.observeRequest(observed(`r${round}`));
      metrics.observeRequest(observed(`r${ROUTES - 1}`));
      metrics.observeRequest(observed(`new${round}`));
      metrics.countError(`r${round}`, 'GW_INTERNAL');
      metrics.countError(`r${ROUTES - 1}`, 'GW_INTERNAL');
      round += 1;
    }
    expect(round).toBeGreaterThan(3);
    const series = namesOf(text.split('\n').filter((line) => /^[a-z]/.test(line)));
    expect(new Set(series).size).toBe(series.length);
    const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(families).size).toBe(families.length);
  });

  test('tells of each series what it was at one moment: its last bucket is its count', async () => {
    const metrics = withTraffic();
    let text = '';
    for await (const piece of metrics.scrape(undefined).pieces) {
      text += piece;
      for (let i = 0; i < ROUTES; i += 7) metrics.observeRequest(observed(`r${i}`));
    }
    const valuesOf = (name: string, has = ''): (string | undefined)[] =>
      linesOf(text, name)
        .filter((line) => line.includes(has))
        .map((line) => line.split(' ')[1]);
    const counts = valuesOf('portico_request_duration_seconds_count');
    expect(counts.length).toBe(ROUTES);
    expect(valuesOf('portico_request_duration_seconds_bucket', 'le="+Inf"')).toEqual(counts);
  });

  test('is made for several scrapers in turns: one slice in each turn of the event loop', async () => {
    const metrics = withTraffic();
    let turn = 0;
    let isOver = false;
    const count = (): void => {
      turn += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const turns: number[] = [];
    const scraper = async (): Promise<void> => {
      for await (const _piece of metrics.scrape(undefined).pieces) turns.push(turn);
    };
    await Promise.all([scraper(), scraper(), scraper()]);
    isOver = true;
    expect(turns.length).toBeGreaterThan(9);
    expect(new Set(turns).size).toBe(turns.length);
  });

  test('is made in short slices', FIGURE_TRIES, async () => {
    const metrics = withTraffic();
    const { pieces } = metrics.scrape(undefined);
    let longestMs = 0;
    for (;;) {
      const before = process.threadCpuUsage();
      const { done } = await pieces.next();
      const { user, system } = process.threadCpuUsage(before);
      longestMs = Math.max(longestMs, (user + system) / 1_000);
      if (done === true) break;
    }
    expect(longestMs).toBeLessThan(bound(20, 2_000));
  });
});
