import { expect, test } from 'vitest';
import { bearing, routed } from './jwt-routes.ts';
import { seeded } from '../helpers/seeded.ts';

const ROTATIONS = 4;
const CLIENTS = 12;

test('keys change under load, between strangers’ tokens, and no good one is refused', async () => {
  const { fetch, issuer } = await routed({ a: {} }, {}, { own: { refresh: '1s' } });
  const random = seeded(20_261);
  issuer.keepsOld = true;
  const good: number[] = [];
  const strange: number[] = [];
  const over = new AbortController();
  const ask = async (into: number[], token: string): Promise<void> => {
    const response = await fetch('/a', bearing(token));
    await response.arrayBuffer();
    into.push(response.status);
  };
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // Some tokens come again, most are new, some are of keys nobody has.
      const sub = `u${Math.floor(random() * 200)}`;
      if (random() < 0.05) await ask(strange, issuer.sign({ sub }, { kid: `k${random()}` }));
      else await ask(good, issuer.sign({ sub }));
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);

  for (let i = 0; i < ROTATIONS; i += 1) {
    // Strangers' keys bring no fetch before its time: an issuer shows a key for a refresh before its use.
    issuer.announce();
    await new Promise((resolve) => setTimeout(resolve, 1_700 + 400 * random()));
    issuer.rotate();
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  over.abort();
  await Promise.all(clients);

  expect(good.filter((status) => status !== 200)).toEqual([]);
  expect(good.length).toBeGreaterThan(100);
  expect(new Set(strange)).toEqual(new Set([401]));
});
