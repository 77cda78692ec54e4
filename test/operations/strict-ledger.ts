/**
 * The ledger of a shop as strict as real ones: what was not done cannot be undone (404), and some orders are refused. And what must
 * be true of it in the end, whatever has happened on the way.
 */
import type { Entry, Ledger } from './shop.ts';
import { FULFILMENT } from './shop.ts';
import type { Resource } from './gateways.ts';

const STEPS = ['reserve', 'charge', 'ship', 'confirm'] as const;
type Step = (typeof STEPS)[number];

/** The last step can be undone too, so that nothing is ever left; undos are tried for long. */
export const strictFulfilment = (settleMs: number) => ({
  deadline: '10m',
  undo: { ...FULFILMENT.undo, attempts: 10, timeout: '20s', settle: `${settleMs}ms` },
  steps: Object.fromEntries(
    Object.entries({
      ...FULFILMENT.steps,
      confirm: {
        ...FULFILMENT.steps.confirm,
        undo: { upstream: 'shop', method: 'DELETE', path: '/orders/by-key/{key}' },
      },
    }).map(([name, step]) => [name, { ...step, timeout: '20s', attempts: 5 }]),
  ),
});

/** An order that is refused at `step`; without one, it is not. */
export const strictOrder = (i: number, step?: Step): string =>
  JSON.stringify({ orderId: `${step ?? 'all'}-${i}`, total: 1, items: [] });

/** How the `i`th order is meant to end: half of them fail, at each step in turn. */
export const planOf = (i: number): Step | undefined =>
  i % 2 === 0 ? undefined : STEPS[((i - 1) / 2) % STEPS.length];

const PLACES: Readonly<Record<string, Step>> = {
  reservations: 'reserve',
  payments: 'charge',
  refunds: 'charge',
  shipments: 'ship',
  orders: 'confirm',
};

/** Of an undo: the key of the step that it undoes. */
function undoneKey({ method, path, body }: Entry): string | undefined {
  if (path === '/refunds') return (JSON.parse(body) as { paymentKey: string }).paymentKey;
  return method === 'DELETE'
    ? decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
    : undefined;
}

/** Has `ledger` be strict. @param delayMs before each answer */
export function makeStrict(ledger: Ledger, delayMs: () => number): void {
  const undone = new Map<string, string>();
  ledger.fault = async (entry) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs()));
    const key = undoneKey(entry);
    if (key !== undefined) {
      if (!ledger.keys.includes(key)) return 404;
      // It is gone, unless this very call is repeated.
      if (undone.has(key) && undone.get(key) !== entry.key) return 404;
      undone.set(key, entry.key);
      return undefined;
    }
    const step = PLACES[entry.path.split('/')[1]!]!;
    return (entry.path + entry.body).includes(`${step}-`) ? 409 : undefined;
  };
}

/** What is wrong with how an operation has left the ledger; nothing is as it should be. */
export function faultsIn(ledger: Ledger, { id, status, ...resource }: Resource): string[] {
  const effects = ledger.keys.filter((key) => key.startsWith(`${id}:`)).map((key) => key.slice(37));
  const forward = effects.filter((key) => !key.includes(':'));
  const back = effects.filter((key) => key.includes(':')).map((key) => key.split(':')[0]!);
  const faults: string[] = [];
  const expectThat = (claim: boolean, what: string): void => {
    if (!claim) faults.push(`${id} ${status}: ${what}: ${effects.join(' ')}`);
  };
  expectThat(new Set(effects).size === effects.length, 'an effect twice');
  expectThat(isInOrder(forward, STEPS), 'steps out of order');
  if (status === 'completed') {
    expectThat(forward.length === STEPS.length && back.length === 0, 'not all, or undone');
    return faults;
  }
  expectThat(status === 'failed', 'it has not ended');
  expectThat(back.join() === forward.toReversed().join(), 'not undone in reverse, each once');
  for (const step of forward) {
    const at = effects.findIndex((key) => key.startsWith(`${step}:`));
    expectThat(at > effects.indexOf(step), `${step} undone before it was done`);
  }
  const told = resource.compensatedSteps;
  expectThat(
    back.every((step) => told.includes(step)),
    `the resource tells of ${told.join()}`,
  );
  return faults;
}

const isInOrder = (some: readonly string[], all: readonly string[]): boolean =>
  some.join() === all.slice(0, some.length).join();
