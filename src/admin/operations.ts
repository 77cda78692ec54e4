/**
 * Sagas and commands for operators: how many there are, what happened to one, and the three orders: undo a stuck step again,
 * go on without it, cancel.
 *
 * An order about a stuck step names it, and counts once: of two at the same time one is 409. Every order has a reason, which
 * the log has, and the history of the operation too.
 */
import type { FastifyInstance } from 'fastify';
import { isGatewayError } from '../core/errors.ts';
import type { Engine, OperationDetail } from '../operations/engine.ts';
import { isOperationId } from '../operations/ids.ts';
import { listOrder, pageOf } from '../routes/operations/operation-list.ts';
import { callerOf } from './guard.ts';
import {
  countsOf,
  operationDetail,
  operationSummary,
  ordersFor,
  WINDOW_HOURS,
} from './operation-views.ts';
import type { OperationList } from './page-data.ts';
import { readOrder } from './reason.ts';
import type { Running } from './status.ts';

const ORDERS = ['retry', 'skip', 'cancel'] as const;
type OrderName = (typeof ORDERS)[number];

interface WithId {
  readonly Params: { readonly id: string };
}

/** `app` admits only those who may read traces. */
export function addOperations(app: FastifyInstance, running: () => Running): void {
  app.register(async (reads) => {
    answerErrors(reads);
    reads.get('/operations', async (request, reply): Promise<OperationList> => {
      void reply.header('cache-control', 'no-store');
      const engine = engineOf(running());
      const order = listOrder(request.url.split('?')[1] ?? '', undefined);
      const [counts, operations] = await Promise.all([engine.counts(), engine.list(order)]);
      return {
        counts: countsOf(counts),
        windowHours: WINDOW_HOURS,
        ...pageOf(operations, order, operationSummary),
      };
    });
    reads.get<WithId>('/operations/:id', async ({ params }, reply) => {
      void reply.header('cache-control', 'no-store');
      return operationDetail(await found(engineOf(running()), params.id));
    });
  });
}

/** `changes` lets in only those who may change state. */
export function addOperationOrders(changes: FastifyInstance, running: () => Running): void {
  changes.register(async (orders) => {
    answerErrors(orders);
    for (const name of ORDERS) {
      orders.post<WithId>(`/operations/:id/${name}`, async ({ params, body, raw }, reply) => {
        const order = readOrder(body, callerOf({ raw }));
        if (typeof order === 'string') return reply.code(400).send({ error: order });
        const { address, reason } = order.by;
        const settled = readSettled(order.body, name);
        if (reason === undefined || settled === undefined) {
          return reply.code(400).send({ error: USAGE[name] });
        }
        const engine = engineOf(running());
        const before = await found(engine, params.id);
        const given = { name, ...settled, by: address, reason };
        const isDone = await obey(engine, before, given);
        const after = await found(engine, params.id);
        if (!isDone) return reply.code(409).send({ error: whyNot(after, given) });
        const { operation } = before;
        running().world.log.warn(
          {
            operation: operation.id,
            name: operation.name,
            order: name,
            ...settled,
            address,
            reason,
          },
          'operation order',
        );
        return reply.code(202).send(operationDetail(after));
      });
    }
  });
}

interface Settled {
  /** Absent for a cancel. */
  readonly step?: string;
  /** The run that was seen; default: the last one. */
  readonly run?: number;
}

interface Given extends Settled {
  readonly name: OrderName;
  readonly by: string;
  readonly reason: string;
}

const STUCK = '{"step": "the stuck one", "reason": "why"}';
const USAGE: Readonly<Record<OrderName, string>> = {
  retry: `send ${STUCK}, and "run" if it must be the one that you have seen`,
  skip: `send ${STUCK}, and "run" if it must be the one that you have seen`,
  cancel: 'send {"reason": "why"}',
};

/** @returns `undefined` for anything but what the order takes: with a misspelt key, another thing would be done than meant */
function readSettled(body: unknown, name: OrderName): Settled | undefined {
  const { step, run, ...rest } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof body !== 'object' || Array.isArray(body) || Object.keys(rest).length > 0)
    return undefined;
  if (name === 'cancel') return step === undefined && run === undefined ? {} : undefined;
  if (typeof step !== 'string') return undefined;
  if (run === undefined) return { step };
  return typeof run === 'number' && Number.isSafeInteger(run) ? { step, run } : undefined;
}

/** @returns whether it could be */
async function obey(
  engine: Engine,
  { operation: { id, run } }: OperationDetail,
  { name, step, run: seen = run, by, reason }: Given,
): Promise<boolean> {
  if (name === 'cancel') return engine.cancel(id, { by, reason });
  return engine.settle({ id, run: seen, order: { order: name, step: step!, by, reason } });
}

/** Of the state after it was refused. */
function whyNot(detail: OperationDetail, { name, step, run }: Given): string {
  const { operation } = detail;
  const is = `it is ${operation.status}`;
  if (name === 'cancel') {
    return operation.status === 'running'
      ? 'it has passed its pivot, after which nothing is undone'
      : `only what runs can be cancelled: ${is}`;
  }
  if (run !== undefined && run !== operation.run) {
    return `that was run ${run}: ${is} in run ${operation.run}`;
  }
  if (operation.status !== 'stuck') return `only what is stuck can be settled: ${is}`;
  if (operation.step !== step) return `it is stuck at "${operation.step}", not at "${step}"`;
  if (!ordersFor(detail).includes(name)) return 'nothing is being undone: it can only be retried';
  return 'another order was sooner: it is stuck again';
}

const NO_STORE = 'there are no operations: the config has no store';
const GONE = 'no such operation: the id is a wrong one, or it has ended and is no longer kept';

/** @throws {Refused} without a store */
function engineOf({ world }: Running): Engine {
  const engine = world.engines?.current;
  if (engine === undefined) throw new Refused(404, NO_STORE);
  return engine;
}

/** @throws {Refused} for an unknown id; GW_DEPENDENCY_DOWN */
async function found(engine: Engine, id: string): Promise<OperationDetail> {
  const detail = isOperationId(id) ? await engine.find(id) : undefined;
  if (detail === undefined) throw new Refused(404, GONE);
  return detail;
}

class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** In the form of the admin port. */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof Refused) return reply.code(error.status).send({ error: error.message });
    if (isGatewayError(error)) {
      return reply.code(error.statusCode).send({ error: error.message });
    }
    throw error;
  });
}
