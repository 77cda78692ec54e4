/** The admin port's hold on circuits: an operator may force one open or closed, and hand it back. */
import type { FastifyInstance } from 'fastify';
import { callerOf } from './guard.ts';
import { type Orderer, readOrder } from './reason.ts';

/** What an operator may set a circuit to; `auto` hands it back. */
const CIRCUIT_ORDERS = ['open', 'closed', 'auto'] as const;
export type CircuitOrder = (typeof CIRCUIT_ORDERS)[number];

export interface CircuitView {
  /** @returns the circuit's new state; `undefined` if there is no such circuit */
  readonly orderCircuit: (upstream: string, order: CircuitOrder, by: Orderer) => string | undefined;
}

/** `changes` lets in only those who may change state. */
export function addCircuits(changes: FastifyInstance, { orderCircuit }: CircuitView): void {
  changes.post<{ Params: { name: string } }>(
    '/upstreams/:name/circuit',
    async ({ params, body, raw }, reply) => {
      const order = readOrder(body, callerOf({ raw }));
      if (typeof order === 'string') return reply.code(400).send({ error: order });
      const state = readState(order.body);
      if (state === undefined) {
        const error = `send {"state": "${CIRCUIT_ORDERS.join('" | "')}"}`;
        return reply.code(400).send({ error });
      }
      const circuit = orderCircuit(params.name, state, order.by);
      if (circuit !== undefined) return { upstream: params.name, circuit };
      return reply.code(404).send({ error: 'no upstream with this name has a circuit' });
    },
  );
}

function readState(body: unknown): CircuitOrder | undefined {
  const { state } = (body ?? {}) as { readonly state?: unknown };
  return CIRCUIT_ORDERS.find((order) => order === state);
}
