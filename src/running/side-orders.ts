/** Carries out what an operator orders for a side of a split, and logs it. */
import type { FastifyBaseLogger } from 'fastify';
import type { Orderer } from '../admin/reason.ts';
import type { SideOrdered } from '../admin/splits.ts';
import type { RunningSplit } from '../routes/running-split.ts';
import type { Splits } from '../routes/splits.ts';

/** @returns the split, ordered; `undefined` if there is no such side, or if it is the first */
export function orderSide(
  splits: Splits,
  log: FastifyBaseLogger,
  { route, side, state }: SideOrdered,
  by: Orderer,
): RunningSplit | undefined {
  const split = splits.at(route);
  const why = by.reason ?? `ordered by ${by.address}`;
  if (split?.order(side, state, why) !== true) return undefined;
  log.warn({ route, side, order: state, ...by }, 'split order');
  return split;
}
