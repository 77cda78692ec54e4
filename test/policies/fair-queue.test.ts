import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import { bulkhead } from '../../src/policies/bulkhead.ts';
import { feed } from '../helpers/body.ts';
import {
  aContext,
  answering,
  aRequest,
  aResponse,
  around,
  codeOf,
  slotsOf,
} from '../helpers/call.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

useFakeTime();

/** One slot, which is taken. `ask` makes a call of `client`; `ended` lists the calls that are over. */
function full(queue: number) {
  const ended: string[] = [];
  const slots = slotsOf({ concurrency: 1, queue, waitMs: 1_000 });
  const call = around(bulkhead(slots, clock))(
    answering(async () => aResponse({ body: feed().body })),
  );
  void call(aRequest());
  let asked = 0;
  return {
    ended,
    ask: (client: unknown): void => {
      asked += 1;
      const name = `${String(client)}${asked}`;
      const context = aContext({ client });
      void codeOf(call(aRequest({ context }))).then((code) => ended.push(`${name} ${code}`));
    },
  };
}

describe('a full queue', () => {
  test('accepts a call of a client with fewer in it, in place of the newest of the client with the most', async () => {
    const { ask, ended } = full(4);
    for (const client of ['a', 'a', 'b', 'a', 'c']) ask(client);
    await pass(0);
    expect(ended).toEqual(['a4 GW_BULKHEAD_FULL']);
  });

  test('refuses the new call if replacing one would share it no better', async () => {
    const { ask, ended } = full(4);
    for (const client of ['a', 'a', 'b', 'b', 'c', 'c']) ask(client);
    await pass(0);
    // The first call of c takes a place; with a second, c would have as many as any other.
    expect(ended.toSorted()).toEqual(['b4 GW_BULKHEAD_FULL', 'c6 GW_BULKHEAD_FULL']);
  });

  test('refuses the calls of a client that fills it alone', async () => {
    const { ask, ended } = full(2);
    for (const client of ['a', 'a', 'a']) ask(client);
    await pass(0);
    expect(ended).toEqual(['a3 GW_BULKHEAD_FULL']);
  });

  test('forgets calls that have left it', async () => {
    const { ask, ended } = full(2);
    for (const client of ['a', 'a']) ask(client);
    await pass(1_000);
    expect(ended).toHaveLength(2);
    for (const client of ['b', 'b', 'a', 'b']) ask(client);
    await pass(0);
    expect(ended.slice(2).toSorted()).toEqual(['b4 GW_BULKHEAD_FULL', 'b6 GW_BULKHEAD_FULL']);
  });

  test('without places refuses every call', async () => {
    const { ask, ended } = full(0);
    ask('a');
    await pass(0);
    expect(ended).toEqual(['a1 GW_BULKHEAD_FULL']);
  });
});
