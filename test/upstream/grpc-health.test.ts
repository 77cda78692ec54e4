import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { grpcQuestion } from '../../src/upstream/grpc-health.ts';
import type { TargetEvent } from '../../src/upstream/surroundings.ts';
import { manualClock } from '../helpers/clock.ts';
import { bytesMethod, framed, startService } from '../helpers/grpc.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { configOf, stateOf } from '../helpers/state.ts';
import { eventually } from '../helpers/upstream.ts';

const SERVING = 1;
const NOT_SERVING = 2;

/** The health service of a server, which knows `shop.Stock`; its state can be changed. */
async function startHealth(state: number) {
  const asked: string[] = [];
  const server = { state, asked };
  const Check: handleUnaryCall<Buffer, Buffer> = ({ request }, done) => {
    const name = request.subarray(2).toString();
    asked.push(name);
    if (name === 'shop.Stock') done(null, Buffer.from([0x08, server.state]));
    else done({ code: status.NOT_FOUND });
  };
  const service = { Check: bytesMethod('/grpc.health.v1.Health/Check') };
  return Object.assign(server, await startService(service, { Check }));
}

function checked(origin: string, service: string) {
  const clock = manualClock();
  const told: TargetEvent[] = [];
  const health = {
    ask: { service },
    intervalMs: 1_000,
    timeoutMs: 5_000,
    healthy: 1,
    unhealthy: 1,
  };
  const config = configOf([origin], { http2: true, health });
  const { targets } = stateOf(config, {
    clock,
    onTarget: (_upstream, _origin, event) => {
      if (event.kind !== 'added') told.push(event);
    },
  });
  return { clock, told, isHealthy: () => targets.all[0]!.isHealthy };
}

describe('health by gRPC', () => {
  test('is what the service says of itself', async () => {
    const server = await startHealth(NOT_SERVING);
    const { clock, told, isHealthy } = checked(server.url, 'shop.Stock');
    await eventually(() => !isHealthy());
    server.state = SERVING;
    await eventually(() => clock.pending > 0);
    clock.advance(2_000);
    await eventually(isHealthy);
    expect(server.asked).toEqual(['shop.Stock', 'shop.Stock']);
    expect(told).toEqual([
      { kind: 'unhealthy', why: 'NOT_SERVING' },
      { kind: 'healthy', why: 'passed its checks' },
    ]);
  });

  test('is bad for a service that the server does not know', async () => {
    const { url } = await startHealth(SERVING);
    const { told } = checked(url, 'shop.Other');
    await eventually(() => told.length > 0);
    expect(told).toEqual([{ kind: 'unhealthy', why: 'it does not know the service "shop.Other"' }]);
  });

  test('counts as good, and is told once, where a server has no such service', async () => {
    let asked = 0;
    const { url } = await startH2((stream) => {
      asked += 1;
      const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' };
      stream.respond(head, { endStream: true });
    });
    const { clock, told, isHealthy } = checked(url, '');
    for (let checks = 1; checks <= 3; checks += 1) {
      await eventually(() => asked === checks);
      // The pause to the next check begins only after the answer.
      await sleep(30);
      clock.advance(1_500);
    }
    expect([told, isHealthy()]).toEqual([[{ kind: 'unchecked' }], true]);
  });
});

describe('an answer', () => {
  const judged = (body: Buffer, trailers: object = { 'grpc-status': '0' }) =>
    grpcQuestion('x').judge({ status: 200, headers: {}, trailers: { ...trailers }, body });
  const message = (...bytes: number[]) => framed(String.fromCharCode(...bytes));

  test.each([
    ['serving', message(0x08, 1), undefined],
    ['not serving', message(0x08, 2), 'NOT_SERVING'],
    ['the state that is not sent', message(), 'UNKNOWN'],
    ['a state that does not exist', message(0x08, 9), 'a message that is no health'],
    ['another field', message(0x12, 1), 'a message that is no health'],
    ['a message that is cut', message(0x08, 1).subarray(0, 6), 'not one message'],
    ['nothing', Buffer.alloc(0), 'not one message'],
    ['two messages', Buffer.concat([message(0x08, 1), message(0x08, 1)]), 'not one message'],
  ])('of %s', (_what, body, verdict) => {
    expect(judged(body)).toBe(verdict);
  });

  test('without a status, or with another one, is bad', () => {
    expect(judged(message(0x08, 1), {})).toBe('gRPC status missing');
    expect(judged(message(0x08, 1), { 'grpc-status': '14' })).toBe('gRPC status 14');
  });
});

test('a name longer than 127 bytes is framed right', () => {
  const { body } = grpcQuestion('s'.repeat(200));
  expect([...body!.subarray(0, 8)]).toEqual([0, 0, 0, 0, 203, 0x0a, 0xc8, 0x01]);
});
