import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';

/** The fault of a limit, or of the plugin's settings. */
async function faultOf(rateLimit: object, settings: object = {}): Promise<string> {
  const routes = { a: { match: { path: '/a' }, respond: { body: '' }, rateLimit } };
  const started = startGateway({ config: { plugins: { rateLimit: settings }, routes } });
  const message = await started.then(
    () => 'none',
    (error: Error) => error.message,
  );
  return message.replace(/^[^]*?(routes\.a|plugins)\./, '').trim();
}

const rate = { max: 10, window: '1s' };
const plans = { free: { max: 2, window: '1s' }, gold: rate };

describe('a limit is refused', () => {
  test.each([
    [{ by: 'route' }, 'rateLimit: limits nothing: give it max and window, plans, or concurrency'],
    [{ max: 1 }, 'rateLimit: also needs window'],
    [{ window: '1s' }, 'rateLimit: also needs max'],
    [
      { ...rate, plans, plan: 'address', default: 'free' },
      'rateLimit.plans: replaces max and window: use one or the other',
    ],
    [{ plans, default: 'free' }, 'rateLimit.plans: needs plan, to say which one applies'],
    [{ plans, plan: 'address' }, 'rateLimit.plans: needs default, for requests on none of them'],
    [
      { plans, plan: 'address', default: 'gould' },
      'rateLimit.default: no such plan; did you mean "gold"?',
    ],
    [{ ...rate, plan: 'address' }, 'rateLimit.plan: needs plans'],
    [
      { plans, plan: 'claim:plan', default: 'free' },
      'rateLimit.plan: "claim:plan" needs one of mtls, jwt, apiKey on this route',
    ],
    [{ ...rate, cost: 11 }, 'rateLimit.cost: 11 is more than max, 10: it would never be admitted'],
    [
      { plans, plan: 'address', default: 'free', cost: { POST: 3 } },
      'rateLimit.cost.POST: 3 is more than max, 2: it would never be admitted',
    ],
    [{ ...rate, cost: { post: 1 } }, 'rateLimit.cost.post: must be a method'],
    [{ ...rate, concurrency: 0 }, 'rateLimit.concurrency: must be at least 1, found 0'],
  ])('%j: %s', async (limit, fault) => {
    expect(await faultOf(limit)).toBe(fault);
  });

  test('in a list with its place', async () => {
    expect(await faultOf([rate, { max: 1 }])).toBe('rateLimit[1]: also needs window');
  });
});

describe('a store is refused', () => {
  test.each([
    ['redis', 'rateLimit.store: '],
    [
      { redis: 'http://x' },
      'rateLimit.store.redis: must be a redis:// or rediss:// URL with a host',
    ],
    [
      { redis: 'redis://x?db=1' },
      'rateLimit.store.redis: must be a redis:// or rediss:// URL with a host',
    ],
    [{ redis: 'redis://x', onError: 'alow' }, 'rateLimit.store.onError: '],
    [{ redis: 'redis://x', timout: '1s' }, 'rateLimit.store.timout: unknown key; did you mean'],
  ])('%j', async (store, fault) => {
    expect(await faultOf(rate, { store })).toContain(fault);
  });

  test('and its URL is never told', async () => {
    const fault = await faultOf(rate, { store: { redis: 'redis:// :hunter2@x' } });
    expect(fault).not.toContain('hunter2');
  });
});
