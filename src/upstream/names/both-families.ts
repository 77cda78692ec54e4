/**
 * Looks up the addresses of a name in both families, as RFC 8305 describes: in parallel, and with only a
 * short wait for the slower answer once the other one has addresses. Some servers never answer AAAA.
 */
import type { Clock } from '../../core/clock.ts';
import type { Addresses, AddressType } from './name-servers.ts';
import { hasAddresses } from './system-names.ts';

/** RFC 8305 §3, the Resolution Delay. */
const SLOWER_MS = 50;

/** @throws the error of one of them, if neither has addresses */
export function bothFamilies(
  ask: (type: AddressType) => Promise<Addresses>,
  clock: Clock,
): Promise<Addresses> {
  const { promise, resolve, reject } = Promise.withResolvers<Addresses>();
  const answers: Addresses[] = [];
  let failure: Error | undefined;
  const settle = (): void => {
    if (failure !== undefined && !answers.some(hasAddresses)) reject(failure);
    else resolve(together(answers.filter(hasAddresses)));
  };
  const questions = (['A', 'AAAA'] as const).map((type) =>
    ask(type).then(
      (answer) => {
        answers.push(answer);
        if (answers.length === 1 && hasAddresses(answer)) {
          const timer = clock.after(SLOWER_MS, settle);
          void promise.finally(() => clock.cancel(timer));
        }
      },
      (error: Error) => (failure = error),
    ),
  );
  void Promise.all(questions).then(settle);
  return promise;
}

function together(answers: readonly Addresses[]): Addresses {
  if (answers.length === 0) return { addresses: [] };
  return {
    addresses: answers.flatMap(({ addresses }) => addresses),
    ttlMs: Math.min(...answers.map(({ ttlMs = Infinity }) => ttlMs)),
  };
}
