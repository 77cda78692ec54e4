/** Who hears of the end of a call that one side gives up. */
import { describe, expect, test } from 'vitest';
import type { StockHandlers } from '../helpers/grpc.ts';
import { FIGURE_TRIES, LEAVES_WITHIN_MS } from '../helpers/figures.ts';
import { eventually } from '../helpers/upstream.ts';
import { open } from './support/outcome.ts';
import { direct, through, type Transport } from './support/ways.ts';

/** A service that never answers, and counts the calls that were given up. */
function waiting() {
  const state = { asked: 0, cancelled: 0 };
  const come = (call: { once: (event: 'cancelled', listener: () => void) => unknown }): void => {
    state.asked += 1;
    call.once('cancelled', () => (state.cancelled += 1));
  };
  const handlers: StockHandlers = { Get: come, Watch: come, Count: come, Talk: come };
  return { state, handlers };
}

describe.each([
  ['directly', direct],
  ['through the gateway', through],
])('%s', FIGURE_TRIES, (_name, way) => {
  test.each<Transport>(['tls', 'h2c'])(
    'a cancelled call of each kind ends at the service, over %s',
    async (transport) => {
      const { state, handlers } = waiting();
      const { client } = await way(handlers, transport);
      // It keeps every connection open, whose end would end the others.
      const staying = open(client, {});
      staying.send('x');
      await eventually(() => state.asked === 1);
      const methods = ['Get', 'Watch', 'Count', 'Talk'] as const;
      const calls = methods.map((method) => open(client, { method }));
      for (const call of calls) call.send('x');
      calls[0]!.end();
      calls[1]!.end();
      await eventually(() => state.asked === 5);
      for (const call of calls) call.cancel();
      await eventually(() => state.cancelled === 4, LEAVES_WITHIN_MS);
      for (const { outcome } of calls) expect(await outcome).toMatchObject({ code: 1 });
      staying.cancel();
    },
  );

  test('a deadline that is over ends the call at the service', async () => {
    const { state, handlers } = waiting();
    const { client } = await way(handlers, 'h2c');
    // It opens the connections, which may take longer than the deadline.
    const first = open(client, {});
    first.send('x');
    await eventually(() => state.asked === 1);
    const call = open(client, { deadlineMs: 1_000 });
    call.send('x');
    expect(await call.outcome).toMatchObject({ code: 4 });
    expect(state.asked).toBe(2);
    await eventually(() => state.cancelled === 1);
    first.cancel();
  });
});
