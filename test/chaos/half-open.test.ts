import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bound, FIGURE_TRIES } from '../helpers/figures.ts';
import { eventually } from '../helpers/upstream.ts';
import { FAILURES, flood, FLOOD, OPEN_MS, release, startGuarded } from './circuit.ts';
import { ask, send } from './client.ts';
import { median, report } from './measure.ts';

const ROUNDS = 5;
/** How much longer than bare Fastify a flood may take to be shed. */
const MOST = bound(3, 10);

/** Fastify and nothing else, which answers 503 with a document like ours. */
async function startBareFastify(): Promise<string> {
  const app = Fastify();
  const problem = JSON.stringify({
    type: 'urn:portico:error:GW_CIRCUIT_OPEN',
    title: 'Upstream keeps failing and is not called',
    status: 503,
    detail: 'it is being probed',
    instance: 'urn:request:00000000-0000-0000-0000-000000000000',
  });
  app.get('/', (_request, reply) =>
    reply
      .code(503)
      .headers({
        'content-type': 'application/problem+json',
        'proxy-status': 'portico; error=destination_unavailable',
        'retry-after': '1',
      })
      .send(problem),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

describe('a flood on a half-open circuit', () => {
  test.each([1, 3])('lets %i probes through, and sheds the rest at once', async (probes) => {
    const { url, chaos, agent, circuit, halfOpen } = await startGuarded(probes);
    await halfOpen();
    const before = chaos.requests;

    const shed = await flood(url, agent, FLOOD - probes);

    expect(shed.outcomes).toEqual({ GW_CIRCUIT_OPEN: FLOOD - probes });
    expect(chaos.requests - before).toBe(probes);
    expect(circuit()).toBe('half-open');
    release(chaos, 'ok');
    const answers = await shed.all;
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(probes);
    expect(
      answers.filter(({ status, code }) => status === 503 && code === 'GW_CIRCUIT_OPEN'),
    ).toHaveLength(FLOOD - probes);
    expect(circuit()).toBe('closed');
  });

  // A ratio within one run, since both sides share one process with their client.
  test(
    `is shed within ${MOST} times what bare Fastify takes to answer it`,
    FIGURE_TRIES,
    async () => {
      const bare = await startBareFastify();
      const { url, chaos, agent, halfOpen } = await startGuarded();
      const times = { bare: [] as number[], shed: [] as number[] };
      // The first round opens the sockets and compiles the code.
      for (let round = 0; round <= ROUNDS; round++) {
        await halfOpen();
        const shed = await flood(url, agent, FLOOD - 1);
        release(chaos, 'ok');
        await shed.all;
        const answered = await flood(bare, agent);
        if (round === 0) continue;
        times.shed.push(shed.ms);
        times.bare.push(answered.ms);
      }
      const ratio = median(times.shed) / median(times.bare);
      report('shed', { ratio, ...times });
      expect(ratio).toBeLessThan(MOST);
    },
  );
});

describe('a probe', () => {
  test('that is a stream of events closes the circuit at its head, and frees its place', async () => {
    const { url, chaos, agent, circuit, halfOpen } = await startGuarded();
    await halfOpen();
    const stream = send(url);
    await eventually(() => chaos.held.length === 1);
    const shed = await flood(url, agent);
    expect(shed.outcomes).toEqual({ GW_CIRCUIT_OPEN: FLOOD });

    const answered = once(stream, 'response') as Promise<[NodeJS.ReadableStream]>;
    release(chaos, 'events');
    const [response] = await answered;
    let hasEnded = false;
    response.once('end', () => (hasEnded = true)).resume();
    await eventually(() => circuit() === 'closed');

    await chaos.behave('ok');
    const served = await flood(url, agent);
    expect(served.outcomes).toEqual({ '200': FLOOD });
    expect([hasEnded, circuit()]).toEqual([false, 'closed']);
    stream.destroy();
    await eventually(() => chaos.aborts === 1);
    expect(circuit()).toBe('closed');
  });

  test('whose client leaves gives its place to another, and does not grow the open time', async () => {
    const { url, chaos, agent, circuit, halfOpen } = await startGuarded();
    await halfOpen();
    const before = chaos.requests;
    for (let i = 1; i <= 3; i++) {
      const probe = send(url);
      await eventually(() => chaos.held.length === 1);
      expect((await flood(url, agent)).outcomes).toEqual({ GW_CIRCUIT_OPEN: FLOOD });
      probe.destroy();
      await eventually(() => chaos.aborts === i && circuit() === 'half-open');
      expect(chaos.requests - before).toBe(i);
    }

    const shed = await flood(url, agent, FLOOD - 1);
    expect(shed.outcomes).toEqual({ GW_CIRCUIT_OPEN: FLOOD - 1 });
    expect(chaos.requests - before).toBe(4);
    release(chaos, 'status503');
    await shed.all;

    // One probe has failed, and three were void: twice as long as the first time, not 16 times.
    await eventually(() => circuit() === 'open');
    expect((await ask(url)).code).toBe('GW_CIRCUIT_OPEN');
    await chaos.behave('ok');
    await sleep(2 * OPEN_MS * 1.1 + 10);
    expect((await ask(url)).status).toBe(200);
    expect(circuit()).toBe('closed');
  });
});

describe('a call that was begun before the outage', () => {
  const LATE = 20;

  test('changes nothing when it ends late, well or badly', async () => {
    const { url, chaos, agent, circuit, halfOpen } = await startGuarded();
    await chaos.behave('hang');
    const keys = Array.from({ length: LATE }, (_, i) => `late-${i}`);
    const late = new Map(keys.map((key) => [key, ask(url, { headers: { 'x-key': key } })]));
    await eventually(() => chaos.held.length === LATE);
    const parts = [0, 1, 2, 3].map((part) => chaos.held.filter((_, i) => i % 4 === part));
    const end = async (part: number, ...faults: ('ok' | 'status503')[]): Promise<void> => {
      parts[part]!.forEach((each, i) => each.answer(faults[i % faults.length]!));
      await Promise.all(parts[part]!.map(({ key }) => late.get(key!)!));
    };

    await halfOpen();
    await end(0, 'status503', 'ok');
    const before = chaos.requests;
    const shed = await flood(url, agent, FLOOD - 1);
    await end(1, 'status503', 'ok');
    const still = await flood(url, agent);
    expect([shed.outcomes, still.outcomes]).toEqual([
      { GW_CIRCUIT_OPEN: FLOOD - 1 },
      { GW_CIRCUIT_OPEN: FLOOD },
    ]);
    expect([chaos.requests - before, circuit()]).toEqual([1, 'half-open']);

    release(chaos, 'ok');
    await shed.all;
    expect(circuit()).toBe('closed');
    await end(2, 'status503');
    expect(circuit()).toBe('closed');

    // Nor does a success of old make two failures of now forgotten.
    await chaos.behave('status503');
    for (let i = 0; i < FAILURES - 1; i++) await ask(url, { agent });
    await end(3, 'ok');
    await ask(url, { agent });
    expect(circuit()).toBe('open');
    const statuses = (await Promise.all(late.values())).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });
});
