/** A gateway whose one circuit a test can open, and floods of calls over kept sockets. */
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { type Answer, ask, keptSockets } from './client.ts';
import { type Chaos, startChaos } from './upstream.ts';

export const FLOOD = 500;
/** First open time; with jitter up to a tenth more. */
export const OPEN_MS = 150;
/** In a row, until it opens. */
export const FAILURES = 3;

export interface Guarded {
  readonly url: string;
  readonly chaos: Chaos;
  readonly agent: Agent;
  /** The state of the circuit. */
  readonly circuit: () => string | undefined;
  /** Opens the circuit. */
  readonly open: () => Promise<void>;
  /** Opens it, and lets its open time pass: the next call is a probe; `hang` holds it. */
  readonly halfOpen: () => Promise<void>;
}

export async function startGuarded(probes = 1): Promise<Guarded> {
  const chaos = await startChaos();
  const { url, gateway } = await startGateway({
    config: {
      upstreams: {
        up: {
          targets: [chaos.url],
          breaker: { consecutive: FAILURES, open: `${OPEN_MS}ms`, probes },
          bulkhead: { concurrency: 4 * FLOOD },
          retry: false,
          outlier: false,
          timeout: '10s',
          deadline: '15s',
        },
      },
      routes: { all: { match: { path: '/*' }, upstream: 'up' } },
    },
  });
  const agent = keptSockets();
  const circuit = () => gateway.status().upstreams[0]!.circuit;
  const open = async (): Promise<void> => {
    await chaos.behave('status503');
    for (let i = 0; i < FAILURES; i++) await ask(url, { agent });
    await eventually(() => circuit() === 'open');
  };
  return {
    url,
    chaos,
    agent,
    circuit,
    open,
    halfOpen: async () => {
      await open();
      await sleep(OPEN_MS * 1.1 + 10);
      await chaos.behave('hang');
    },
  };
}

export interface Flood {
  /** From the first call to the last answer that was waited for. */
  readonly ms: number;
  /** Those answers, by code or status. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** All of them, in the end. */
  readonly all: Promise<readonly Answer[]>;
}

/** Sends them all at once, and waits until `count` have been answered. */
export async function flood(url: string, agent: Agent, count = FLOOD): Promise<Flood> {
  const outcomes: Record<string, number> = {};
  const enough = Promise.withResolvers<void>();
  let answered = 0;
  const startedAt = performance.now();
  const all = Promise.all(
    Array.from({ length: FLOOD }, async () => {
      const answer = await ask(url, { agent });
      if (answered >= count) return answer;
      answered += 1;
      const name = answer.code ?? String(answer.status);
      outcomes[name] = (outcomes[name] ?? 0) + 1;
      if (answered === count) enough.resolve();
      return answer;
    }),
  );
  await enough.promise;
  return { ms: performance.now() - startedAt, outcomes, all };
}

/** Answers whatever the upstream holds, save what has a key. */
export function release(chaos: Chaos, fault: 'ok' | 'status503' | 'events'): void {
  for (const each of chaos.held) if (each.key === undefined) each.answer(fault);
}
