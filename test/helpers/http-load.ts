/** Many connections that ask as fast as they are answered, and what came of each request. */
import { Agent, get } from 'node:http';

export interface Asked {
  readonly status: number;
  /** Milliseconds on one clock. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Asks `urls` in turn over `connections`, until `isOver`. */
export async function load(
  urls: readonly string[],
  connections: number,
  isOver: () => boolean,
): Promise<Asked[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const asked: Asked[] = [];
  const one = async (url: string): Promise<void> => {
    while (!isOver()) asked.push(await ask(url, agent));
  };
  await Promise.all(Array.from({ length: connections }, (_, i) => one(urls[i % urls.length]!)));
  agent.destroy();
  return asked;
}

function ask(url: string, agent: Agent): Promise<Asked> {
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => {
        resolve({ status: response.statusCode ?? 0, sentAt, answeredAt: performance.now() });
      });
    }).once('error', reject);
  });
}

/**
 * By how many the requests exceed `max` + `max` · t/`windowMs` in the worst of all spans that hold
 * both the sending and the answer of each; whatever was decided then, was decided in that span.
 */
export function worstExcess(asked: readonly Asked[], max: number, windowMs: number): number {
  const byAnswer = asked.toSorted((a, b) => a.answeredAt - b.answeredAt);
  let worst = Number.NEGATIVE_INFINITY;
  for (const { sentAt: from } of asked) {
    let count = 0;
    for (const { sentAt, answeredAt: to } of byAnswer) {
      if (sentAt < from) continue;
      count += 1;
      worst = Math.max(worst, count - (max + (max * (to - from)) / windowMs));
    }
  }
  return worst;
}
