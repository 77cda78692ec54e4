/** Times and memory of many streams; `npm run figures` has five hundred, through a minute of reloads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';
import { eventually } from '../helpers/upstream.ts';
import { type Reader, reading, streaming } from './support.ts';

const COUNT = size('STREAMS', 40, 500);
const RELOADS = size('STREAM_RELOADS', 2, 60);

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const configOf = (target: string): Readonly<Record<string, unknown>> => ({
  telemetry: { logs: { access: false } },
  upstreams: { up: { targets: [target] } },
  routes: { events: { match: { path: '/*' }, upstream: 'up', stream: { idle: '1h' } } },
});

test('an event reaches its client as soon as it comes', FIGURE_TRIES, async () => {
  const upstream = await streaming();
  const gateway = await startGatewayProcess(configOf(upstream.url));
  const client = await reading(`${gateway.url}/events`);
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const before = client.text().length;
    const at = performance.now();
    upstream.answers[0]!.write(`data: ${i}\n\n`);
    await client.until((text) => text.length > before);
    times.push(performance.now() - at);
    await sleep(2);
  }
  const worst = Math.max(...times.slice(1));
  console.log(`an event: ${median(times).toFixed(2)} ms, at worst ${worst.toFixed(2)} ms`);
  expect(worst).toBeLessThan(bound(10, 5_000));
});

test(
  `${COUNT} streams cost the same before and after ${RELOADS} reloads`,
  { ...FIGURE_TRIES, timeout: 180_000 },
  async () => {
    const upstream = await streaming();
    const gateway = await startGatewayProcess(configOf(upstream.url));
    const alone = gateway.memoryMiB();
    const clients: Reader[] = [];
    for (let i = 0; i < COUNT; i += 20) {
      const some = Array.from({ length: 20 }, () => reading(`${gateway.url}/events`));
      clients.push(...(await Promise.all(some)));
    }
    const text = readFileSync(gateway.file, 'utf8');
    let told = 0;
    /** Each gets an event, and then the config changes. */
    const round = async (i: number): Promise<number> => {
      told += 1;
      for (const answer of upstream.answers) answer.write('data: x\n\n');
      await eventually(() => clients.every((client) => client.text().length === 9 * told));
      writeFileSync(gateway.file, text.replace('"1h"', `"${60 + i}m"`));
      gateway.child.kill('SIGHUP');
      await sleep(bound(1_000, 300));
      return gateway.memoryMiB();
    };
    const sizes = [];
    for (let i = 1; i <= RELOADS; i++) sizes.push(await round(i));
    const half = Math.floor(RELOADS / 2);
    const [first, second] = [median(sizes.slice(0, half)), median(sizes.slice(half))];
    console.log(
      `${COUNT} streams: ${alone.toFixed(0)} MiB alone, ${first.toFixed(1)} then ${second.toFixed(1)} MiB through ${RELOADS} reloads`,
    );

    expect(clients.every((client) => client.text().length === 9 * told)).toBe(true);
    // Reloads alone cost 8 MiB by then.
    expect(second).toBeLessThan(first + bound(20, 60));
    const begun = performance.now();
    expect(await gateway.stop()).toBe(0);
    console.log(`stopped in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
    for (const client of clients) {
      expect(await client.closed).toBe(true);
      expect(client.text()).toMatch(/retry: [1-5]\d{3}\n\n$/);
    }
  },
);
