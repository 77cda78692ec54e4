import { expect, test, vi } from 'vitest';
import { VerifiedTokens } from '../../plugins/jwt/verified-tokens.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();

const HOUR_MS = 3_600_000;
const consumer = { id: 'ann', via: 'jwt' } as never;

test('a verified token is kept for a minute, though the wall clock is set back by an hour', async () => {
  const tokens = new VerifiedTokens();
  const expiresAt = Date.now() + 2 * HOUR_MS;
  const isKept = (): boolean => tokens.get('t', Date.now(), () => 1) !== undefined;
  tokens.set('t', { consumer, issuer: 'shop', epoch: 1, expiresAt }, Date.now());
  vi.setSystemTime(Date.now() - HOUR_MS);
  await pass(59_000);
  expect(isKept()).toBe(true);
  await pass(1_000);
  expect(isKept()).toBe(false);
});

test('a verified token ends with its time, by the wall clock', () => {
  const tokens = new VerifiedTokens();
  const expiresAt = Date.now() + HOUR_MS;
  tokens.set('t', { consumer, issuer: 'shop', epoch: 1, expiresAt }, Date.now());
  vi.setSystemTime(Date.now() + HOUR_MS);
  expect(tokens.get('t', Date.now(), () => 1)).toBeUndefined();
});
