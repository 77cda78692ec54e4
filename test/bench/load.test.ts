/** How load is counted, and what a process has used. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { countWithin } from '../../bench/load/h2load.ts';
import { byPace } from '../../bench/load/paced.ts';
import { reapedMs, treeBytes, treeTimeNs } from '../../bench/load/tree.ts';
import type { LoadOrder } from '../../bench/load/measurement.ts';
import { startUpstream } from '../helpers/upstream.ts';

describe('the log of h2load', () => {
  const line = (endedMs: number, status: number, lastedMs: number): string =>
    [(endedMs - lastedMs) * 1_000, status, lastedMs * 1_000].join('\t');

  test('is counted by the end of each request', () => {
    const log = [
      line(999, 200, 5),
      line(1_000, 200, 300),
      line(1_100, 200, 500),
      line(1_500, 200, 4),
      line(2_000, 200, 4),
    ].join('\n');

    expect(countWithin(`${log}\n`, 1_000, 2_000).requests).toBe(3);
  });

  test('tells refusals from failures', () => {
    const tally = countWithin([line(5, 503, 1), line(6, -1, 1), line(7, 204, 1)].join('\n'), 0, 10);

    expect(tally.answers).toEqual({ requests: 2, non2xx: 1, errors: 1 });
  });

  test('gives the latencies in milliseconds', () => {
    const log = Array.from({ length: 100 }, (_, i) => line(1_000, 200, i + 1)).join('\n');

    const { p50Ms, p99Ms, meanMs } = countWithin(log, 0, 2_000).latency;
    expect(p50Ms).toBeCloseTo(50, 0);
    expect(p99Ms).toBeCloseTo(99, 0);
    expect(meanMs).toBeCloseTo(50.5, 0);
  });
});

describe('what a process has used', () => {
  const BUSY =
    'const until = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < until);';
  /** Ends when this process lets go of its input, however that happens. */
  const UNTIL_LEFT = 'process.stdin.resume().on("end", () => process.exit());';
  const quoted = JSON.stringify;
  const started = async (script: string): Promise<number> => {
    const child = spawn(process.execPath, ['-e', UNTIL_LEFT + script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.stdin.end());
    await once(child.stdout, 'data');
    return child.pid!;
  };

  test('includes its children, as long as they live', async () => {
    const script = `${UNTIL_LEFT} ${BUSY} console.log('done');`;
    const parent = await started(
      `require('node:child_process').spawn(process.execPath, ['-e', ${quoted(script)}], { stdio: ['pipe', 'inherit', 'inherit'] });`,
    );

    expect(treeTimeNs(parent)).toBeGreaterThan(200e6);
    // Two processes of Node, of at least 30 MiB each.
    expect(treeBytes(parent)).toBeGreaterThan(60 * 1_048_576);
  });

  test('has what children used that have ended', async () => {
    const parent = await started(
      `require('node:child_process').spawnSync(process.execPath, ['-e', ${quoted(BUSY)}]); console.log('done');`,
    );

    expect(reapedMs(parent)).toBeGreaterThanOrEqual(200);
  });
});

describe('load at a fixed rate', () => {
  const order = (url: string, changes: Partial<LoadOrder> = {}): LoadOrder => ({
    tool: 'paced',
    url,
    pid: process.pid,
    upstreamPid: process.pid,
    connections: 4,
    tokens: ['one', 'two'],
    method: 'GET',
    headers: { 'x-bench': '1' },
    bodyBytes: 0,
    rate: 100,
    settleMs: 100,
    measureMs: 500,
    ...changes,
  });

  test('sends no more requests than were asked for, with the tokens in turn', async () => {
    const tokens = new Map<string, number>();
    const upstream = await startUpstream((request, response) => {
      const token = request.headers.authorization!;
      tokens.set(token, (tokens.get(token) ?? 0) + 1);
      response.end(request.headers['x-bench']);
    });

    const begunAt = performance.now();
    const { requests, non2xx, errors } = await byPace(order(upstream.url));
    const due = 100 * ((performance.now() - begunAt) / 1_000);

    expect(requests).toBeGreaterThan(0);
    expect(upstream.hits).toBeLessThanOrEqual(due);
    expect({ non2xx, errors }).toEqual({ non2xx: 0, errors: 0 });
    expect([...tokens.keys()].toSorted()).toEqual(['Bearer one', 'Bearer two']);
  });

  test('counts the wait of a request from the moment it was planned for', async () => {
    const upstream = await startUpstream((_request, response) => response.end());

    const measured = byPace(order(upstream.url, { settleMs: 0, measureMs: 800 }));
    // This process makes the load, and cannot send while it is busy.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const until = performance.now() + 300;
    while (performance.now() < until);

    expect((await measured).p99Ms).toBeGreaterThan(200);
  });

  test('counts the wait for a connection, too', async () => {
    // One connection, and a first answer that holds up those behind it.
    let held = false;
    const upstream = await startUpstream((_request, response) => {
      if (held) response.end();
      else setTimeout(() => response.end(), 300);
      held = true;
    });

    const { p99Ms, p50Ms } = await byPace(
      order(upstream.url, { connections: 1, settleMs: 0, measureMs: 450 }),
    );

    expect(p99Ms).toBeGreaterThan(250);
    expect(p50Ms).toBeGreaterThan(50);
  });

  test('sends bodies, and tells answers that are not 2xx', async () => {
    const lengths: number[] = [];
    const upstream = await startUpstream((request, response) => {
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => {
        lengths.push(length);
        response.writeHead(503).end();
      });
    });

    const { requests, non2xx } = await byPace(
      order(upstream.url, { method: 'POST', bodyBytes: 1_000 }),
    );

    expect(non2xx).toBe(requests);
    expect(new Set(lengths)).toEqual(new Set([1_000]));
  });
});
