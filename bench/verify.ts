/** Checks that a contestant does what its name says: a fast answer that is wrong would win. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { ANSWER } from '../src/load/answer.ts';
import type { Contestant } from './contestants.ts';

/** @throws {AssertionError} naming the contestant */
export async function verify(name: Contestant, url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  strictEqual(response.status, 200, `${name}: status`);
  deepStrictEqual(await response.json(), expected(name), `${name}: body`);
  if (name !== 'portico-all') return;
  ok(response.headers.has('ratelimit'), `${name}: no rate limit`);
  const refused = await fetch(url);
  strictEqual(refused.status, 401, `${name}: status without a token`);
  await refused.body?.cancel();
}

function expected(name: Contestant): unknown {
  const answer: unknown = JSON.parse(ANSWER);
  if (!name.endsWith('-aggregate')) return answer;
  return { order: answer, payment: answer, inventory: answer };
}
