import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { HealthConfig, UpstreamConfig } from '../../src/config/build/config.ts';
import type { TargetEvent } from '../../src/upstream/surroundings.ts';
import { aRequest } from '../helpers/call.ts';
import { manualClock } from '../helpers/clock.ts';
import { configOf, leafTo, stateOf } from '../helpers/state.ts';
import { eventually, nobody, startUpstream, startWire } from '../helpers/upstream.ts';

const HEALTH: HealthConfig = {
  ask: { path: '/healthz', statuses: ['2xx'] },
  intervalMs: 1_000,
  timeoutMs: 200,
  healthy: 2,
  unhealthy: 3,
};

/** A server that counts checks and answers them with a status that can be changed. */
async function checkable(status = 200) {
  const server = { status, checks: 0, host: '', agent: '' };
  const { url } = await startUpstream(({ url: path, headers }, response) => {
    if (path !== '/healthz') {
      response.end('served');
      return;
    }
    server.checks += 1;
    server.host = headers.host ?? '';
    server.agent = headers['user-agent'] ?? '';
    response.writeHead(server.status).end('x'.repeat(10));
  });
  return Object.assign(server, { url });
}

function checked(
  origins: readonly string[],
  health: Partial<HealthConfig> = {},
  fields: Partial<UpstreamConfig> = {},
) {
  const clock = manualClock();
  const told: string[] = [];
  const onTarget = (_upstream: string, origin: string, event: TargetEvent): void => {
    if (event.kind !== 'added') told.push(`${origins.indexOf(origin)} ${event.kind}`);
  };
  const config = configOf(origins, { ...fields, health: { ...HEALTH, ...health } });
  const state = stateOf(config, { clock, onTarget });
  const healthy = () => state.targets.all.map(({ isHealthy }) => isHealthy);
  /** Makes one more check of every target and waits for it. */
  const next = async (server: { readonly checks: number }): Promise<void> => {
    const before = server.checks;
    await eventually(() => clock.pending > 0);
    // The pause to the next check begins only after the answer.
    clock.advance(1_000);
    await eventually(() => server.checks > before);
    await settled();
  };
  return { clock, state, told, healthy, next };
}

/** Answers travel over real sockets. */
const settled = (): Promise<void> => sleep(30);

describe('health checks', () => {
  test('the first one decides; after that, it takes several in a row', async () => {
    const server = await checkable(503);
    const { told, healthy, next } = checked([server.url]);
    await eventually(() => !healthy()[0]);
    server.status = 204;
    await next(server);
    expect(healthy()).toEqual([false]);
    await next(server);
    expect(healthy()).toEqual([true]);
    server.status = 500;
    await next(server);
    await next(server);
    expect(healthy()).toEqual([true]);
    await next(server);
    expect(healthy()).toEqual([false]);
    expect(told).toEqual(['0 unhealthy', '0 healthy', '0 unhealthy']);
  });

  test('a contrary check in between restarts the count', async () => {
    const server = await checkable();
    const { healthy, next } = checked([server.url]);
    await eventually(() => server.checks === 1);
    await settled();
    for (const status of [500, 500, 200, 500, 500]) {
      server.status = status;
      await next(server);
    }
    expect(healthy()).toEqual([true]);
  });

  test.each([
    [204, ['2xx'], true],
    [302, ['2xx'], false],
    [302, ['2xx', '3xx'], true],
    [401, [200, 401], true],
    [200, [204], false],
  ] as const)('the status %i for statuses %j is healthy: %j', async (status, statuses, isWell) => {
    const server = await checkable(status);
    const { healthy } = checked([server.url], { ask: { path: '/healthz', statuses } });
    await eventually(() => server.checks === 1);
    await settled();
    expect(healthy()).toEqual([isWell]);
  });

  test('a target that cannot be reached, or does not answer in time, is not healthy', async () => {
    const silent = await startUpstream(() => undefined);
    const endless = await startWire((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n');
    });
    const garbage = await startWire((socket) => socket.end('no HTTP at all\r\n\r\n'));
    const origins = [await nobody(), silent.url, endless.url, garbage.url];
    const { clock, healthy } = checked(origins);
    await settled();
    clock.advance(200);
    await eventually(() => healthy().every((each) => !each));
  });

  test('a long body is not read to its end', async () => {
    let isCut = false;
    const flood = await startUpstream((_request, response) => {
      response.on('close', () => (isCut = true)).on('error', () => undefined);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const { healthy } = checked([flood.url]);
    await eventually(() => isCut);
    expect(healthy()).toEqual([true]);
  });

  test('use their own connection, and the name of the target', async () => {
    const server = await checkable();
    const { url } = server;
    checked([], {}, { targets: [{ origin: url, weight: 1, host: 'orders.svc:80' }] });
    await eventually(() => server.checks === 1);
    expect([server.host, server.agent]).toEqual(['orders.svc:80', 'portico-health-check']);
  });

  test('come one at a time, and never again once the target is gone', async () => {
    const server = await checkable();
    const { clock, state } = checked([server.url]);
    await eventually(() => server.checks === 1);
    await settled();
    state.targets.replace([]);
    clock.advance(60_000);
    await settled();
    expect([server.checks, clock.pending]).toEqual([1, 0]);
  });

  test('in progress when the upstream ends are aborted and report nothing', async () => {
    const silent = await startUpstream(() => undefined);
    const { clock, state, told } = checked([silent.url]);
    await eventually(() => silent.hits === 1);
    await state.destroy();
    clock.advance(60_000);
    await settled();
    expect([told, clock.pending, silent.open]).toEqual([[], 0, 0]);
  });

  test('drift apart by up to a tenth of their interval', async () => {
    const server = await checkable();
    const { url } = server;
    const clock = manualClock();
    const config = configOf([url], { health: HEALTH });
    stateOf(config, { clock, random: () => 0.999 });
    await eventually(() => server.checks === 1);
    await settled();
    clock.advance(1_099);
    await settled();
    expect(server.checks).toBe(1);
    clock.advance(1);
    await eventually(() => server.checks === 2);
  });
});

describe('what health decides', () => {
  test('an unhealthy target gets no calls', async () => {
    const [well, ill] = [await checkable(), await checkable(503)];
    const { state, call } = leafTo([ill.url, well.url], {
      health: { ...HEALTH, intervalMs: 60_000 },
    });
    await eventually(() => state.targets.all[0]?.isHealthy === false);
    for (let i = 0; i < 4; i++) {
      const { target, body } = await call(aRequest());
      await body.dump();
      expect(target).toBe(well.url);
    }
  });

  test('a target that recovers ends the open time of the circuit: the next call is a probe', async () => {
    const server = await checkable(503);
    const { state, healthy, next } = checked(
      [server.url],
      { healthy: 1 },
      {
        breaker: {
          kind: 'consecutive',
          failures: 1,
          openMs: 3_600_000,
          probes: 1,
          handle: ['5xx'],
        },
      },
    );
    const { circuit } = state;
    await eventually(() => !healthy()[0]);
    circuit!.enter().fail(new Error('down'));
    await eventually(() => circuit!.state === 'open');
    expect(() => circuit!.check()).toThrow('it keeps failing');
    server.status = 200;
    await next(server);
    expect(healthy()).toEqual([true]);
    circuit!.check();
    circuit!.enter().succeed();
    await eventually(() => circuit!.state === 'closed');
  });
});
