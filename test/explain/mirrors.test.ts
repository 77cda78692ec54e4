import { expect, test } from 'vitest';
import { explanationLines } from '../../src/cli/print-explanation.ts';
import { asking } from './asking.ts';

test('the mirrors of a route are told: what they would be sent, and how often', async () => {
  const { explain, calls } = await asking({
    routes: {
      shop: {
        match: { path: '/shop/*' },
        upstream: 'up',
        rewrite: '/old/*',
        mirror: [
          { upstream: 'other', percent: 12.5, compare: true },
          { upstream: 'third', rewrite: '/v2/*', unsafe: true },
        ],
      },
    },
    upstreams: { third: { targets: ['http://127.0.0.1:1'] } },
  });
  const got = await explain('/shop/1');
  expect(got.mirrors).toEqual([
    { upstream: 'other', path: '/old/1', share: 0.125, isCompared: true },
    { upstream: 'third', path: '/v2/1', share: 1, isCompared: false },
  ]);
  expect(got.route!.action).toBe('forward to up, mirrored to other, third');
  expect(got.upstreams.map(({ name }) => name)).toEqual(['up', 'other', 'third']);
  const lines = explanationLines(got);
  expect(lines).toContain('  mirror other, /old/1: 12.5% copied, compared');
  expect(lines).toContain('  mirror third, /v2/1: 100% copied');
  const posted = await explain('/shop/1', { method: 'POST' });
  expect(posted.mirrors!.map(({ share }) => share)).toEqual([0, 1]);
  expect(explanationLines(posted)).toContain('  mirror other, /old/1: not copied: its method');
  expect(calls).toEqual([]);
});
