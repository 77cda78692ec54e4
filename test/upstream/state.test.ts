import { describe, expect, test } from 'vitest';
import { aRequest } from '../helpers/call.ts';
import { configOf, leafTo, stateOf } from '../helpers/state.ts';
import { startUpstream } from '../helpers/upstream.ts';

const A = 'http://a.test';
const B = 'http://b.test';
const C = 'http://c.test';

describe('the target of a call', () => {
  test('is another one if some were tried', () => {
    const state = stateOf(configOf([A, B, C]));
    expect(state.targets.pick([A], undefined).origin).not.toBe(A);
    expect(state.targets.pick([A, B], undefined).origin).toBe(C);
  });

  test('is any if all were tried', () => {
    const state = stateOf(configOf([A]));
    expect(state.targets.pick([A], undefined).origin).toBe(A);
  });

  test('rotates by weight, over real servers', async () => {
    const answer = await Promise.all(
      ['a', 'b'].map((name) => startUpstream((_request, response) => void response.end(name))),
    );
    const targets = answer.map(({ url }, i) => ({ origin: url, weight: 2 - i }));
    const { call } = leafTo([], { targets });
    const bodies: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { body } = await call(aRequest());
      bodies.push((await body.bytes(10)).toString());
    }
    expect(bodies.join('')).toBe('abaaba');
  });

  test('is the one with the fewest exchanges, over real servers', async () => {
    const slow = await startUpstream(() => undefined);
    const fast = await startUpstream((_request, response) => void response.end());
    const { call, state } = leafTo([slow.url, fast.url], { balance: 'leastRequest' });
    void call(aRequest()).catch(() => undefined);
    expect(state.targets.all[0]!.inflight).toBe(1);
    for (let i = 0; i < 5; i++) await (await call(aRequest())).body.dump();
    expect(fast.hits).toBe(5);
  });
});

describe('the state of an upstream', () => {
  test('has no circuit if the config has no breaker', () => {
    expect(stateOf(configOf([A])).circuit).toBeUndefined();
  });

  test('lets open exchanges finish before its sockets close', async () => {
    let finish = (): void => undefined;
    const upstream = await startUpstream((_request, response) => {
      response.write('one ');
      finish = () => void response.end('two');
    });
    const { call, state } = leafTo(upstream.url);
    const { body } = await call(aRequest());
    const closed = state.close();
    finish();
    expect((await body.bytes(10)).toString()).toBe('one two');
    await closed;
  });
});
