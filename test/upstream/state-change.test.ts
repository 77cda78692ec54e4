/** A generation with another config takes over: the effect on sockets and running calls. */
import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { aRequest, codeOf } from '../helpers/call.ts';
import { manualClock } from '../helpers/clock.ts';
import { generations } from '../helpers/generations.ts';
import { configOf } from '../helpers/state.ts';
import { eventually, startUpstream } from '../helpers/upstream.ts';

const ask = async (call: Call, path = '/'): Promise<string> => {
  const { body } = await call(aRequest({ path }));
  return (await body.bytes(1_000)).toString();
};

const BREAKER = {
  kind: 'consecutive',
  failures: 1,
  openMs: 3_600_000,
  probes: 1,
  handle: ['5xx'],
} as const;
const BULKHEAD = { concurrency: 1, queue: 5, waitMs: 60_000 };

describe('sockets', () => {
  test('stay if only a time changes', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('a'));
    const { serve } = generations();
    const connections = 1;
    await ask(serve(configOf([upstream.url], { connections })).call);
    await ask(serve(configOf([upstream.url], { connections, timeoutMs: 1_234 })).call);
    expect([upstream.hits, upstream.connections]).toEqual([2, 1]);
  });

  test('are opened again if the transport changes, and the old ones close after their exchanges', async () => {
    let finish = (): void => undefined;
    const upstream = await startUpstream(({ url }, response) => {
      response.write('one ');
      if (url === '/slow') finish = () => void response.end('two');
      else response.end('two');
    });
    const { serve } = generations();
    const one = { connections: 1 };
    const { call, state } = serve(configOf([upstream.url], one));
    const { body } = await call(aRequest({ path: '/slow' }));
    const [target] = state.targets.all;
    const next = serve(configOf([upstream.url], { ...one, connectTimeoutMs: 2_000 }));
    expect(await ask(next.call)).toBe('one two');
    // For both generations, because there is one transport at a time.
    expect(await ask(call)).toBe('one two');
    expect(upstream.connections).toBe(2);
    expect([state.targets.all[0], target?.inflight]).toEqual([target, 1]);
    finish();
    expect((await body.bytes(100)).toString()).toBe('one two');
    await eventually(() => upstream.open === 1);
    expect(target?.inflight).toBe(0);
  });

  test('of a target that is gone finish running calls, even those not sent yet', async () => {
    const [old, other] = await Promise.all(
      ['old', 'other'].map((name) =>
        startUpstream((_request, response) => void setTimeout(() => response.end(name), 20)),
      ),
    );
    const { serve } = generations();
    const { call } = serve(configOf([old!.url]));
    // Nothing was sent to it before, so this call waits for a turn of the event loop.
    const answer = ask(call);
    const next = serve(configOf([other!.url]));
    expect(await answer).toBe('old');
    expect(await ask(next.call)).toBe('other');
    await eventually(() => old!.open === 0);
  });

  test('close with the last generation that names the upstream', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('a'));
    const { registry, serve } = generations();
    const { call, end } = serve(configOf([upstream.url]));
    const other = serve(configOf([upstream.url], { name: 'payments' }));
    await ask(call);
    await end();
    expect([...registry.states()]).toEqual([other.state]);
    await eventually(() => upstream.open === 0);
  });
});

describe('a chain', () => {
  test('uses the times of its own generation', async () => {
    const upstream = await startUpstream(() => undefined);
    const clock = manualClock();
    const { serve } = generations({ clock });
    const { call } = serve(configOf([upstream.url], { timeoutMs: 5_000 }));
    const old = codeOf(call(aRequest()));
    const next = serve(configOf([upstream.url], { timeoutMs: 1_000 }));
    const late = codeOf(call(aRequest()));
    const early = codeOf(next.call(aRequest()));
    await eventually(() => upstream.hits === 3);
    clock.advance(1_000);
    expect(await early).toBe('GW_UPSTREAM_TIMEOUT');
    clock.advance(3_999);
    expect(clock.pending).toBeGreaterThan(0);
    clock.advance(1);
    expect(await Promise.all([old, late])).toEqual(['GW_UPSTREAM_TIMEOUT', 'GW_UPSTREAM_TIMEOUT']);
  });
});

describe('a circuit', () => {
  const answers = (status: number) =>
    startUpstream((_request, response) => void response.writeHead(status).end('a'));

  test('that is open stays open for the next generation', async () => {
    const upstream = await answers(500);
    const { serve } = generations();
    const { call, state } = serve(configOf([upstream.url], { breaker: BREAKER }));
    await ask(call);
    await eventually(() => state.circuit?.state === 'open');
    const next = serve(configOf([upstream.url], { breaker: BREAKER, timeoutMs: 1 }));
    expect(await codeOf(next.call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
  });

  test('is replaced by a closed one if the breaker changes, for the older generation too', async () => {
    const upstream = await answers(500);
    const told: string[] = [];
    const { serve } = generations({ onCircuit: (name, state) => told.push(`${name} ${state}`) });
    const { call, state } = serve(configOf([upstream.url], { breaker: BREAKER }));
    await ask(call);
    await eventually(() => state.circuit?.state === 'open');
    serve(configOf([upstream.url], { breaker: { ...BREAKER, openMs: 1_000 } }));
    expect([state.circuit?.state, told]).toEqual(['closed', ['orders open', 'orders closed']]);
    expect(await ask(call)).toBe('a');
    await eventually(() => state.circuit?.state === 'open');
  });

  test('ignores calls that its predecessor let through', async () => {
    let fail = (): void => undefined;
    const upstream = await startUpstream((_request, response) => {
      fail = () => void response.writeHead(500).end('a');
    });
    const told: string[] = [];
    const { serve } = generations({ onCircuit: (_name, state) => told.push(state) });
    const { call, state } = serve(configOf([upstream.url], { breaker: BREAKER }));
    const answer = ask(call);
    await eventually(() => upstream.hits === 1);
    serve(configOf([upstream.url], { breaker: { ...BREAKER, openMs: 1_000 } }));
    fail();
    await answer;
    await new Promise(setImmediate);
    expect([state.circuit?.state, told]).toEqual(['closed', []]);
  });

  test('comes and goes with the breaker; an older chain no longer counts', async () => {
    const upstream = await answers(500);
    const { serve } = generations();
    const { call, state } = serve(configOf([upstream.url], { breaker: BREAKER }));
    await ask(call);
    await eventually(() => state.circuit?.state === 'open');
    serve(configOf([upstream.url]));
    expect(state.circuit).toBeUndefined();
    expect([await ask(call), await ask(call)]).toEqual(['a', 'a']);
    const last = serve(configOf([upstream.url], { breaker: BREAKER }));
    expect(state.circuit?.state).toBe('closed');
    await ask(last.call);
    await eventually(() => state.circuit?.state === 'open');
  });

  test('that an operator holds stays held, whatever the new breaker', async () => {
    const { serve } = generations();
    const { state } = serve(configOf(['http://a.test'], { breaker: BREAKER }));
    state.circuit!.force('open');
    const { call } = serve(configOf(['http://a.test'], { breaker: { ...BREAKER, openMs: 1 } }));
    expect(state.circuit?.state).toBe('forced-open');
    expect(await codeOf(call(aRequest()))).toBe('GW_CIRCUIT_OPEN');
    state.circuit!.force(undefined);
    expect(state.circuit?.state).toBe('closed');
  });
});

describe('slots', () => {
  test('keep their count through a change, and grow for waiting calls', async () => {
    const finish: (() => void)[] = [];
    const upstream = await startUpstream((_request, response) => {
      finish.push(() => void response.end('a'));
    });
    const { serve } = generations();
    const { call, state } = serve(configOf([upstream.url], { bulkhead: BULKHEAD }));
    const answers = [ask(call), ask(call), ask(call)];
    await eventually(() => upstream.hits === 1);
    expect([state.slots.used, state.slots.queued]).toEqual([1, 2]);
    serve(configOf([upstream.url], { bulkhead: { ...BULKHEAD, concurrency: 2 } }));
    await eventually(() => upstream.hits === 2);
    expect([state.slots.used, state.slots.queued]).toEqual([2, 1]);
    // Fewer than are held: no call gets in until only one is held.
    const { call: last } = serve(configOf([upstream.url], { bulkhead: BULKHEAD }));
    answers.push(ask(last));
    for (let hits = 3; hits <= 4; hits++) {
      for (const end of finish.splice(0)) end();
      await eventually(() => upstream.hits === hits);
      expect(state.slots.used).toBe(1);
    }
    finish[0]!();
    expect(await Promise.all(answers)).toEqual(['a', 'a', 'a', 'a']);
    expect(state.slots.used).toBe(0);
  });

  test('of a route with a share stay with it through a change, and are resized', async () => {
    const upstream = await startUpstream(() => undefined);
    const { serve } = generations();
    const bulkhead = { concurrency: 4, queue: 0, waitMs: 1 };
    const config = configOf([upstream.url], { bulkhead });
    const { call, state } = serve(config, { bulkheadShare: 0.25 });
    void codeOf(call(aRequest()));
    const { call: next } = serve(config, { bulkheadShare: 0.5 });
    const [share] = [...state.shares.all()];
    expect([share?.used, share?.concurrency]).toEqual([1, 2]);
    void codeOf(call(aRequest()));
    expect(await codeOf(next(aRequest()))).toBe('GW_BULKHEAD_FULL');
    expect(await codeOf(call(aRequest()))).toBe('GW_BULKHEAD_FULL');
  });
});
