import { describe, expect, test } from 'vitest';
import { shedder } from '../../src/policies/breaker.ts';
import { isServerFault } from '../../src/policies/failure.ts';
import { feed } from '../helpers/body.ts';
import {
  around,
  type Answer,
  answering,
  aRequest,
  aResponse,
  codeOf,
  failure,
} from '../helpers/call.ts';
import { breakerOn, circuitOf, open, ratioOf } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();
const cut = failure('GW_BODY_TRUNCATED');

/** The state of a circuit after three such outcomes; three failures in a row open it. */
async function stateAfter(...answers: readonly [Answer, ...Answer[]]): Promise<string> {
  const circuit = circuitOf();
  const call = breakerOn(circuit)(answering(...answers));
  for (let i = 0; i < 3; i++) await codeOf(call(aRequest()));
  await pass(0);
  return circuit.state;
}

describe('the breaker', () => {
  test.each([
    'GW_UPSTREAM_CONNECT',
    'GW_UPSTREAM_RESET',
    'GW_UPSTREAM_PROTOCOL',
    'GW_UPSTREAM_TIMEOUT',
    'GW_DEADLINE_EXCEEDED',
  ] as const)('counts %s', async (code) => {
    expect(await stateAfter(failure(code))).toBe('open');
  });

  test.each([
    'GW_CLIENT_CLOSED',
    'GW_BULKHEAD_FULL',
    'GW_BODY_TOO_LARGE',
    'GW_REQUEST_TIMEOUT',
    'GW_NO_TARGET',
    'GW_INTERNAL',
  ] as const)('never counts %s, because it is not the upstream’s fault', async (code) => {
    expect(await stateAfter(failure(code))).toBe('closed');
  });

  test('does not interrupt a row of failures when it counts nothing', async () => {
    const circuit = circuitOf();
    const bad = failure('GW_UPSTREAM_RESET');
    const call = breakerOn(circuit)(answering(bad, bad, failure('GW_CLIENT_CLOSED'), bad));
    for (let i = 0; i < 4; i++) await codeOf(call(aRequest()));
    await pass(0);
    expect(circuit.state).toBe('open');
  });

  test('never counts a bug of ours', async () => {
    expect(await stateAfter(new TypeError('a bug'))).toBe('closed');
  });

  test.each([500, 502, 503, 504, 507, 599])('counts the status %i', async (status) => {
    expect(await stateAfter(status)).toBe('open');
  });

  test.each([200, 301, 400, 404, 408, 429, 499, 501, 505])(
    'counts the status %i as a success',
    async (status) => {
      expect(isServerFault(status)).toBe(false);
      expect(await stateAfter(status)).toBe('closed');
      expect(await stateAfter(500, status, 500)).toBe('closed');
    },
  );

  test('passes outcomes on unchanged', async () => {
    const circuit = circuitOf();
    const response = aResponse({ status: 500 });
    expect(await breakerOn(circuit)(answering(response))(aRequest())).toEqual(response);
    await expect(breakerOn(circuit)(answering(cut))(aRequest())).rejects.toBe(cut);
  });

  test('lets nothing through while it is open, and says when to retry', async () => {
    const circuit = circuitOf();
    await open(circuit);
    const send = answering(200);
    await expect(breakerOn(circuit)(send)(aRequest())).rejects.toMatchObject({
      code: 'GW_CIRCUIT_OPEN',
      options: { retryAfterMs: 1_000 },
    });
    expect(send.calls).toBe(0);
  });
});

describe('a body that is cut after its head', () => {
  /** The state after three answers whose bodies end as `end` says. */
  async function stateAfterBodies(end: (world: ReturnType<typeof feed>) => void): Promise<string> {
    const circuit = circuitOf({ breaker: ratioOf({ minimum: 3, ratio: 1 }) });
    const call = breakerOn(circuit)(async () => aResponse({ body: world.body }));
    let world = feed();
    for (let i = 0; i < 3; i++) {
      world = feed();
      await call(aRequest());
      await pass(0);
      end(world);
      await pass(0);
    }
    return circuit.state;
  }

  test('is a failure and not also a success: an upstream that cuts every body always fails', async () => {
    expect(await stateAfterBodies(({ body }) => body.fail(cut))).toBe('open');
  });

  test('ends a row of successes', async () => {
    const circuit = circuitOf();
    for (let i = 0; i < 3; i++) {
      const { body } = feed();
      await breakerOn(circuit)(answering(aResponse({ body })))(aRequest());
      body.fail(cut);
      await pass(0);
    }
    expect(circuit.state).toBe('open');
  });

  test('is not a failure if the upstream is not to blame', async () => {
    expect(await stateAfterBodies(({ body }) => body.destroy())).toBe('closed');
    expect(await stateAfterBodies(({ body }) => body.finish(undefined))).toBe('closed');
  });

  test('is counted even if it was cut before anybody saw the head', async () => {
    const circuit = circuitOf({ breaker: ratioOf({ minimum: 3, ratio: 1 }) });
    const call = breakerOn(circuit)(async () => {
      const { body } = feed();
      body.fail(cut);
      return aResponse({ body });
    });
    for (let i = 0; i < 3; i++) await call(aRequest());
    await pass(0);
    expect(circuit.state).toBe('open');
  });

  test('is not counted twice if the status was a failure already', async () => {
    const circuit = circuitOf();
    const { body } = feed();
    await breakerOn(circuit)(answering(aResponse({ status: 500, body })))(aRequest());
    body.fail(cut);
    await pass(0);
    await codeOf(breakerOn(circuit)(answering(cut))(aRequest()));
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('is not counted if the circuit has changed since', async () => {
    const circuit = circuitOf({ breaker: ratioOf({ minimum: 1, ratio: 0.1 }) });
    const old = feed();
    await breakerOn(circuit)(answering(aResponse({ body: old.body })))(aRequest());
    await open(circuit);
    await pass(1_000);
    await breakerOn(circuit)(answering(200))(aRequest());
    await pass(0);
    expect(circuit.state).toBe('closed');

    old.body.fail(cut);
    await pass(0);
    expect(circuit.state).toBe('closed');
  });
});

describe('the shedder', () => {
  test('refuses calls before they wait for a slot', async () => {
    const circuit = circuitOf();
    const send = answering(200);
    await around(shedder(circuit))(send)(aRequest());
    await open(circuit);
    expect(await codeOf(around(shedder(circuit))(send)(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    expect(send.calls).toBe(1);
  });

  test('counts nothing: a call that it lets through is not a probe yet', async () => {
    const circuit = circuitOf();
    await open(circuit);
    await pass(1_000);
    const send = answering(200);
    await around(shedder(circuit))(send)(aRequest());
    await around(shedder(circuit))(send)(aRequest());
    expect(send.calls).toBe(2);
    expect(circuit.state).toBe('open');
  });
});
