/** The admin port's hold on the sides of splits: what they are now, and the orders of operators. */
import type { FastifyInstance } from 'fastify';
import { type RunningSplit, SIDE_ORDERS, type SideOrder } from '../routes/running-split.ts';
import type { Splits } from '../routes/splits.ts';
import { callerOf } from './guard.ts';
import type { AbortedSide, SideStatus } from './page-data.ts';
import { type Orderer, readOrder } from './reason.ts';

export interface SplitView {
  /** @returns the sides after it; `undefined` if there is no such side, or if it is the first */
  readonly orderSide: (order: SideOrdered, by: Orderer) => RunningSplit | undefined;
}

export interface SideOrdered {
  readonly route: string;
  readonly side: string;
  readonly state: SideOrder;
}

/** `changes` lets in only those who may change state. */
export function addSplits(changes: FastifyInstance, { orderSide }: SplitView): void {
  changes.post<{ Params: { name: string } }>(
    '/routes/:name/split',
    async ({ params, body, raw }, reply) => {
      const order = readOrder(body, callerOf({ raw }));
      if (typeof order === 'string') return reply.code(400).send({ error: order });
      const { side, state } = (order.body ?? {}) as Readonly<Record<string, unknown>>;
      const known = SIDE_ORDERS.find((each) => each === state);
      if (known === undefined || typeof side !== 'string') {
        const error = `send {"side": "its upstream", "state": "${SIDE_ORDERS.join('" | "')}"}`;
        return reply.code(400).send({ error });
      }
      const split = orderSide({ route: params.name, side, state: known }, order.by);
      if (split !== undefined) return { route: params.name, sides: sideStatuses(split) };
      return reply
        .code(404)
        .send({ error: 'no split of this name has such a side after its first' });
    },
  );
}

/** Up to `most`. */
export const abortedSides = (splits: Splits, most: number): readonly AbortedSide[] => [
  ...Iterator.from(splits)
    .flatMap((split) =>
      sideStatuses(split).flatMap(({ upstream, aborted }) =>
        aborted === undefined ? [] : [{ route: split.route, upstream, ...aborted }],
      ),
    )
    .take(most),
];

export const sideStatuses = (split: RunningSplit): readonly SideStatus[] =>
  split.sides().map(({ upstream, weight, share, next, abort }) => ({
    upstream,
    weight,
    share,
    ...(next !== undefined && {
      next: { at: new Date(next.atMs).toISOString(), weight: next.weight },
    }),
    ...(abort !== undefined && {
      aborted: { at: new Date(abort.at).toISOString(), why: abort.why },
    }),
  }));
