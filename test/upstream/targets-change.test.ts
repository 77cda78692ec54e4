/** A generation with another config takes over: the effect on targets and their health. */
import { describe, expect, test } from 'vitest';
import type { HealthConfig, UpstreamConfig } from '../../src/config/build/config.ts';
import type { Surroundings } from '../../src/upstream/surroundings.ts';
import { manualClock } from '../helpers/clock.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import { generations } from '../helpers/generations.ts';
import { configOf } from '../helpers/state.ts';
import { eventually, startUpstream } from '../helpers/upstream.ts';

describe('health', () => {
  const HEALTH: HealthConfig = {
    ask: { path: '/healthz', statuses: ['2xx'] },
    intervalMs: 60_000,
    timeoutMs: 5_000,
    healthy: 2,
    unhealthy: 2,
  };
  /** Answers 503 to `/healthz`, 200 to everything else. */
  const ailing = () =>
    startUpstream(({ url }, response) => {
      response.writeHead(url === '/healthz' ? 503 : 200).end();
    });

  test('is kept if only the interval changes: it still takes as many checks', async () => {
    let status = 503;
    const atChecks: boolean[] = [];
    const isHealthy = (): boolean => state.targets.all[0]!.isHealthy;
    const upstream = await startUpstream((_request, response) => {
      atChecks.push(isHealthy());
      response.writeHead(status).end();
    });
    const { serve } = generations();
    const { state } = serve(configOf([upstream.url], { health: HEALTH }));
    await eventually(() => !isHealthy());
    status = 200;
    serve(configOf([upstream.url], { health: { ...HEALTH, intervalMs: 10 } }));
    await eventually(() => atChecks.length >= 4);
    // The first check decides alone; later ones do not.
    expect(atChecks.slice(0, 4)).toEqual([true, false, false, true]);
  });

  test('is decided by the first check that tests something else', async () => {
    const upstream = await ailing();
    const { serve } = generations();
    const { state } = serve(configOf([upstream.url], { health: HEALTH }));
    await eventually(() => !state.targets.all[0]!.isHealthy);
    serve(
      configOf([upstream.url], {
        health: { ...HEALTH, ask: { path: '/ready', statuses: ['2xx'] } },
      }),
    );
    expect(state.targets.all[0]!.isHealthy).toBe(false);
    await eventually(() => state.targets.all[0]!.isHealthy);
    expect(upstream.hits).toBe(2);
  });

  test('is checked at once if the transport changes, over the new one', async () => {
    const upstream = await ailing();
    const { serve } = generations();
    const { state } = serve(configOf([upstream.url], { health: HEALTH }));
    await eventually(() => !state.targets.all[0]!.isHealthy);
    serve(configOf([upstream.url], { health: HEALTH, keepAliveMs: 60_000 }));
    await eventually(() => upstream.hits === 2);
    expect(upstream.connections).toBe(2);
    await eventually(() => upstream.open === 1);
  });

  test('is good once checks are off', async () => {
    const upstream = await ailing();
    const told: string[] = [];
    const { serve } = generations({ onTarget: (_name, _target, { kind }) => told.push(kind) });
    const { state } = serve(configOf([upstream.url], { health: HEALTH }));
    await eventually(() => !state.targets.all[0]!.isHealthy);
    serve(configOf([upstream.url]));
    expect([state.targets.all[0]!.isHealthy, told]).toEqual([true, ['unhealthy', 'healthy']]);
  });
});

describe('targets that are listed', () => {
  test('are reported if a later config adds or removes them', () => {
    const told: string[] = [];
    const onTarget: Surroundings['onTarget'] = (_name, target, { kind }) =>
      told.push(`${target} ${kind}`);
    const { serve } = generations({ onTarget });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `http://${name}.test`);
    const { state } = serve(configOf([a!, b!]));
    const [kept] = state.targets.all;
    expect(told).toEqual([]);
    serve(configOf([a!, c!]));
    expect(told).toEqual([`${b} removed`, `${c} added`]);
    expect(state.targets.all[0]).toBe(kept);
  });

  test('that are new warm up, and those that are warming up continue', () => {
    const clock = manualClock();
    const { serve } = generations({ clock });
    const slowly = { slowStartMs: 1_000 };
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `http://${name}.test`);
    const { state } = serve(configOf([a!], slowly));
    serve(configOf([a!, b!], slowly));
    clock.advance(500);
    serve(configOf([a!, b!, c!], { slowStartMs: 10_000 }));
    clock.advance(100);
    const shares = state.targets.all.map(({ share }) => share);
    expect(shares).toEqual([1, 0.6, 0.1]);
  });
});

describe('targets that are looked up', () => {
  const startDns = () =>
    startDnsServer({ 'one.test': { A: ['127.0.0.1'] }, 'two.test': { A: ['127.0.0.2'] } });
  const discovering = (resolver: string, name: string): UpstreamConfig =>
    configOf([], {
      discover: { kind: 'dns', name, type: 'A', port: 1, scheme: 'http', resolvers: [resolver] },
    });

  test('elsewhere take over with their generation, once found; until then the previous ones serve', async () => {
    const { address } = await startDns();
    const { prepare, serve } = generations();
    const { lease, state } = serve(discovering(address, 'one.test'));
    const origins = () => state.targets.all.map(({ origin }) => origin);
    await lease.found();
    expect(origins()).toEqual(['http://127.0.0.1:1']);
    const next = prepare(discovering(address, 'two.test'));
    await next.lease.found();
    expect(origins()).toEqual(['http://127.0.0.1:1']);
    next.lease.apply();
    expect(origins()).toEqual(['http://127.0.0.2:1']);
    serve(discovering(address, 'nobody.test'));
    expect(origins()).toEqual(['http://127.0.0.2:1']);
  });

  test('for a generation that never took over are no longer looked up', async () => {
    const dns = await startDns();
    const clock = manualClock();
    const { prepare, serve } = generations({ clock });
    const { state } = serve(configOf(['http://127.0.0.1:1']));
    const { lease, end } = prepare(discovering(dns.address, 'two.test'));
    await lease.found();
    await end();
    const asked = dns.questions.length;
    clock.advance(600_000);
    expect(clock.pending).toBe(0);
    expect(dns.questions.length).toBe(asked);
    expect(state.targets.all.map(({ origin }) => origin)).toEqual(['http://127.0.0.1:1']);
  });
});
