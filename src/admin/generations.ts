/** The admin port's view of generations: what they were, what has changed since, and the way back. */
import type { FastifyInstance } from 'fastify';
import { type History, RollbackError } from '../running/history.ts';
import type { Reload, ReloadOrder } from '../running/reloader.ts';
import { callerOf } from './guard.ts';
import { type Orderer, readOrder } from './reason.ts';
import { reloadStatus } from './status.ts';

export interface GenerationStatus {
  readonly number: number;
  /** When it began to serve, in ISO 8601. */
  readonly at: string;
  /** `start`, `files`, `signal`, `admin`, or `rollback to 3`. */
  readonly cause: string;
  /** What changed with it, in words. */
  readonly changes: readonly string[];
}

export interface GenerationsStatus {
  /** The generation that serves. */
  readonly current: number;
  /** The generation to which an operator went back, while that holds. */
  readonly rolledBackTo?: number;
  /** The last ten, newest first. */
  readonly generations: readonly GenerationStatus[];
}

export interface GenerationsView {
  readonly generations: () => GenerationsStatus;
  /** @returns what has changed since; `undefined` if there is no such generation in memory */
  readonly changesSince: (generation: number) => Promise<readonly string[]> | undefined;
  readonly reload: (order: ReloadOrder, by: Orderer) => Promise<Reload>;
  /** @throws {RollbackError} when there is no such generation in memory, or when it serves */
  readonly rollback: (generation: number | undefined, by: Orderer) => Promise<Reload>;
}

/** Without the texts, which may hold secrets. */
export const generationsStatus = (
  { all, current }: History,
  rolledBackTo: number | undefined,
): GenerationsStatus => ({
  current: current.number,
  ...(rolledBackTo === undefined ? {} : { rolledBackTo }),
  generations: all.map(({ number, at, cause, changes }) => ({ number, at, cause, changes })),
});

export function addGenerations(app: FastifyInstance, view: GenerationsView): void {
  app.get('/generations', async () => view.generations());
  app.get<{ Params: { number: string } }>(
    '/generations/:number/changes',
    async ({ params }, reply) => {
      const since = Number(params.number);
      const { current, generations } = view.generations();
      const changes = await view.changesSince(since);
      if (changes !== undefined) return { since, current, changes };
      const known = generations.map(({ number }) => number).toReversed();
      const error = `generation ${JSON.stringify(params.number)} is not in memory (known: ${known.join(', ')})`;
      return reply.code(404).send({ error });
    },
  );
}

/** `changes` lets in only those who may change state. */
export function addReloads(changes: FastifyInstance, { reload, rollback }: GenerationsView): void {
  changes.post('/reload', async ({ body, raw }, reply) => {
    const order = readOrder(body, callerOf({ raw }));
    if (typeof order === 'string') return reply.code(400).send({ error: order });
    const force = readOne(order.body, 'force');
    if (force === 'wrong' || !['undefined', 'boolean'].includes(typeof force.value)) {
      return reply.code(400).send({ error: 'send {}, or {"force": true} to end a rollback' });
    }
    const outcome = await reload({ isForced: force.value === true }, order.by);
    return reply.code(CODES[outcome.result]).send(reloadStatus(outcome));
  });
  changes.post('/rollback', async ({ body, raw }, reply) => {
    const order = readOrder(body, callerOf({ raw }));
    if (typeof order === 'string') return reply.code(400).send({ error: order });
    const to = readOne(order.body, 'generation');
    if (to === 'wrong' || (to.value !== undefined && !Number.isSafeInteger(to.value))) {
      const error = 'send {"generation": 3}, or {} for the one before';
      return reply.code(400).send({ error });
    }
    try {
      const outcome = await rollback(to.value as number | undefined, order.by);
      return await reply.code(CODES[outcome.result]).send(reloadStatus(outcome));
    } catch (error) {
      if (!(error instanceof RollbackError)) throw error;
      return reply.code(error.why === 'unknown' ? 404 : 409).send({ error: error.message });
    }
  });
}

/** 422 as RFC 9110 §15.5.21 has it: it was understood, and cannot be used. */
const CODES: Readonly<Record<Reload['result'], number>> = {
  applied: 200,
  rejected: 422,
  held: 409,
};

/** The value of `key` in a body that may have this key alone: with a misspelt one, another thing would be done than meant. */
function readOne(body: unknown, key: string): { readonly value: unknown } | 'wrong' {
  if (body === undefined || body === null) return { value: undefined };
  if (typeof body !== 'object' || Array.isArray(body)) return 'wrong';
  const entries = Object.entries(body);
  if (entries.some(([name]) => name !== key)) return 'wrong';
  return { value: entries[0]?.[1] };
}
