import { expect, test } from 'vitest';
import { inParallel, report } from '../chaos/measure.ts';
import { size } from '../helpers/figures.ts';
import { describePostgres } from '../helpers/postgres.ts';
import type { Resource } from './gateways.ts';
import { PATIENCE_MS, sharedShop } from './shared-shop.ts';
import { type Entry, FULFILMENT, LATE } from './shop.ts';
import { faultsIn, makeStrict } from './strict-ledger.ts';

const ORDERS = size('CHARGES', 24, 600);

const REFUNDED = ['reserve', 'charge', 'charge:undo', 'reserve:undo'];

interface Charge {
  readonly title: string;
  /** What the `n`th call of a charge comes to; `undefined`: it is charged, and answered. */
  readonly fault: (n: number) => 'cut' | number | undefined;
  /** It arrives once its refund has been told that there is nothing to undo. */
  readonly isLate?: boolean;
  /** Keys of effects, in order. */
  readonly effects: readonly string[];
}

const CHARGES: readonly Charge[] = [
  { title: 'is made and cut, each time', fault: () => 'cut', effects: REFUNDED },
  { title: 'is refused', fault: () => 402, effects: ['reserve', 'reserve:undo'] },
  {
    title: 'is made and cut, and refused when it is repeated',
    fault: (n) => (n === 1 ? 'cut' : 402),
    effects: REFUNDED,
  },
  {
    title: 'is made and cut, and found when it is repeated',
    fault: (n) => (n === 1 ? 'cut' : undefined),
    effects: ['reserve', 'charge', 'ship', 'confirm'],
  },
  {
    title: 'fails, and is made after its first refund has found nothing',
    fault: () => 500,
    isLate: true,
    effects: REFUNDED,
  },
];

/** By the number of the order. */
const chargeOf = ({ body }: Entry): Charge =>
  CHARGES[Number(/#(\d+)/.exec(body)?.[1]) % CHARGES.length]!;

/** A busy machine takes longer than a shop would wait. */
const PATIENT = {
  undo: { ...FULFILMENT.undo, settle: '5s' },
  steps: Object.fromEntries(
    Object.entries(FULFILMENT.steps).map(([name, step]) => [name, { ...step, timeout: '60s' }]),
  ),
};

describePostgres('a charge of which nobody knows', { timeout: PATIENCE_MS * 4 }, () => {
  const shared = sharedShop({}, { saga: PATIENT });
  const { ledger } = shared;

  test('is refunded once, before the goods are released; one that was refused is not', async () => {
    makeStrict(ledger, () => 0);
    const strict = ledger.fault;
    const charges = new Map<string, Entry[]>();
    ledger.fault = async (entry, response) => {
      const { path, key, headers } = entry;
      if (path === '/refunds') {
        const answer = await strict(entry, response);
        const [charge] = charges.get(key.replace(/:undo$/, '')) ?? [];
        if (answer === 404 && charge && chargeOf(charge).isLate) await ledger.repeat(charge);
        return answer;
      }
      if (path !== '/payments' || headers[LATE] !== undefined) return strict(entry, response);
      const made = [...(charges.get(key) ?? []), entry];
      charges.set(key, made);
      return chargeOf(entry).fault(made.length);
    };
    const ended = await inParallel(ORDERS, 10, async (i) => {
      const order = JSON.stringify({ orderId: i, total: 1, items: [] });
      const { id } = (await (await shared.shop.start(order)).json()) as Resource;
      return shared.shop.ended(id, 'ada', 120_000);
    });
    expect(ended.flatMap((each) => faultsIn(ledger, each))).toEqual([]);
    const effects = ended.map(({ id }, i) => {
      // After an answer of 404 the refund has another key; if that answer was lost on a busy machine, the same.
      const keys = ledger.keys
        .filter((key) => key.startsWith(id))
        .map((key) => key.slice(37).replace(/:undo\.\d+$/, ':undo'));
      return { charge: CHARGES[i % CHARGES.length]!.title, effects: keys };
    });
    expect(effects).toEqual(
      ended.map((_, i) => {
        const { title, effects: wanted } = CHARGES[i % CHARGES.length]!;
        return { charge: title, effects: wanted };
      }),
    );
    report('unknown charges', {
      orders: ORDERS,
      refunds: ledger.effects.filter((effect) => effect === 'POST /refunds').length,
      repeatedCalls: ledger.calls.length - ledger.keys.length,
    });
  });
});
