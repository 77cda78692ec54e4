/** Requests at a rate, whatever the answers do. A latency begins at the planned moment, so a pause counts for all that it delays. */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface Paced {
  /** 0: no answer. */
  readonly status: number;
  readonly ms: number;
}

/** Asks `url` `perSecond` times a second, until `isOver`. */
export async function paced(
  url: string,
  perSecond: number,
  isOver: () => boolean,
): Promise<Paced[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const asked: Promise<Paced>[] = [];
  const from = performance.now();
  while (!isOver()) {
    const planned = from + (asked.length * 1_000) / perSecond;
    const waitMs = planned - performance.now();
    if (waitMs > 0) await delay(waitMs);
    else asked.push(ask(url, agent, planned));
  }
  const all = await Promise.all(asked);
  agent.destroy();
  return all;
}

function ask(url: string, agent: Agent, planned: number): Promise<Paced> {
  return new Promise((resolve) => {
    const settle = (status: number): void => resolve({ status, ms: performance.now() - planned });
    get(url, { agent }, (response) => {
      response.resume().once('end', () => settle(response.statusCode ?? 0));
    }).once('error', () => settle(0));
  });
}
