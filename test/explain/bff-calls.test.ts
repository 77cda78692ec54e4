/** What of a BFF's calls can be told without running its code: what it forwards, and what it batches. */
import { describe, expect, test } from 'vitest';
import { explanationLines } from '../../src/cli/print-explanation.ts';
import { asking } from './asking.ts';

const bff = new URL('fixtures/forwards.ts', import.meta.url).pathname;
const CONFIG = { routes: { m: { match: { path: '/m/*' }, ip: { deny: ['10.0.0.0/8'] }, bff } } };

describe('of an endpoint that forwards', () => {
  test('the call is told as it is made, and that hooks of the BFF could prevent it', async () => {
    const { explain, fetch, calls } = await asking(CONFIG);
    const headers = { 'x-mine': '1', 'x-other': '2', cookie: 'a=1' };
    const told = await explain('/m/images/7/a.png?w=1', { headers });
    expect(calls).toEqual([]);
    expect(told.route).toMatchObject({ endpoint: '/images/:id/*', forwards: true });
    expect(told.outcome).toEqual({ kind: 'called', isCertain: false });
    expect(told.calls).toMatchObject([
      { upstream: 'other', method: 'GET', path: '/static/7/a.png', query: '?w=…' },
    ]);
    expect(told.calls[0]?.headers).toContain('x-mine');
    expect(told.calls[0]?.headers).not.toContain('x-other');
    expect(told.calls[0]?.headers).not.toContain('cookie');
    expect(told.upstreams.map(({ name }) => name)).toEqual(['other']);
    expect(told.notes).toEqual(['hooks of the BFF, if it has any, were not run']);
    await fetch('/m/images/7/a.png?w=1');
    expect(calls).toEqual(['/static/7/a.png']);
  });

  test('people read that it forwards', async () => {
    const { explain } = await asking(CONFIG);
    const lines = explanationLines(await explain('/m/images/7/a.png'));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}route m: .*, endpoint \/images\/:id\/\*, which forwards$/),
    );
    expect(lines).toContain('  would call other (not certain: see below)');
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}GET \/static\/7\/a\.png to other; with /),
    );
  });

  test('a refusal is told as on any other endpoint', async () => {
    const { explain } = await asking(CONFIG);
    const told = await explain('/m/images/7/a', { address: '10.1.2.3' });
    expect(told.outcome).toMatchObject({ kind: 'refused', status: 403, by: 'ip' });
    expect(told.calls).toEqual([]);
  });
});

describe('of an endpoint with code', () => {
  test('the calls that become calls of lists are told', async () => {
    const { explain } = await asking(CONFIG);
    const told = await explain('/m/page');
    expect(told.route?.batches).toEqual([
      { upstream: 'up', path: '/items/{id}', list: '/items', parameter: 'ids', max: 20 },
    ]);
    expect(told.route).not.toHaveProperty('forwards');
    expect(explanationLines(told)).toContain(
      '  calls of /items/{id} of up, if there are several, become GET /items with up to 20 ids',
    );
  });
});
