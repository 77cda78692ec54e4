import { expect, test } from 'vitest';
import { startUpstream } from '../../gateway/support/upstream.ts';
import { seeded } from '../../helpers/seeded.ts';
import { startMirrored, untilMirror } from './support.ts';

const REQUESTS = 300;
const AT_ONCE = 20;
const BODY = 4_096;

/** A service that answers, fails, cuts, drips or hangs, as drawn. */
const moody = (draw: () => number, hangs: boolean) =>
  startUpstream((request, response) => {
    const mood = draw();
    if (mood < 0.1) response.destroy();
    else if (mood < 0.2) response.writeHead(503).end('{}');
    else if (mood < 0.3) {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[1,');
      setTimeout(() => response.destroy(), 5);
    } else if (mood < 0.4 && hangs) request.resume();
    else {
      const answer = (): void => void response.end(JSON.stringify({ mood }));
      if (mood < 0.5) answer();
      else request.resume().on('end', () => setTimeout(answer, mood * 10));
    }
  });

test('whatever clients and services do, and when: no slot and no room stays taken', async () => {
  const draw = seeded(20_261_201);
  const gateway = await startMirrored({
    mirror: {
      unsafe: true,
      compare: true,
      concurrency: 4,
      timeout: '200ms',
      maxBody: `${BODY}B`,
    },
    route: { retry: false },
    config: {
      upstreams: {
        old: { targets: [await moody(draw, false)], breaker: false },
        next: { targets: [await moody(draw, true)], breaker: false },
      },
    },
  });
  const one = async (): Promise<void> => {
    const client = new AbortController();
    if (draw() < 0.3) setTimeout(() => client.abort(), draw() * 15);
    const length = Math.floor(draw() * 2 * BODY);
    const bytes = new Uint8Array(length);
    const body = draw() < 0.5 ? bytes : new Blob([bytes]).stream();
    const init: RequestInit = draw() < 0.5 ? {} : { method: 'POST', body, duplex: 'half' };
    const sent = gateway.fetch('/', { ...init, signal: client.signal });
    await sent.then((response) => response.arrayBuffer()).catch(() => undefined);
  };
  let left = REQUESTS;
  const crowd = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await one();
  });
  await Promise.all(crowd);
  const { outcomes } = await untilMirror(gateway, ({ open }) => open === 0);
  // What else happens is a matter of chance.
  expect(outcomes).toMatchObject({ answered: expect.any(Number), large: expect.any(Number) });
  // As much as all copies together may hold: it fits only if nothing else is held.
  const before = (await untilMirror(gateway, () => true)).outcomes;
  const last = Array.from({ length: 4 }, () =>
    gateway.fetch('/', { method: 'POST', body: new Uint8Array(BODY) }).catch(() => undefined),
  );
  await Promise.all(last);
  const after = await untilMirror(gateway, ({ open, outcomes: now }) => {
    const sum = (counts: object) =>
      Object.values(counts).reduce((a: number, b: number) => a + b, 0);
    return open === 0 && sum(now) >= sum(before) + 4;
  });
  expect(after.outcomes['large']).toBe(before['large']);
  expect(after.outcomes['full']).toBe(before['full']);
});
