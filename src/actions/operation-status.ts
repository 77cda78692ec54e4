/** The address of all operations: how each is going, which there are, and their end, wanted or awaited. */
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ActionConfig, WrittenAction } from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import { isMap } from '../config/yaml/tree.ts';
import type { Consumer } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import type { Engine, OperationDetail } from '../operations/engine.ts';
import { isOperationId } from '../operations/ids.ts';
import { resourceOf, summaryOf } from '../operations/resource.ts';
import { OperationEvents } from '../routes/operations/operation-events.ts';
import { listOrder, pageOf } from '../routes/operations/operation-list.ts';
import { consumerOf, isOwn, ownerOf, seesAll } from '../routes/operations/owner.ts';
import type { Action, ActionContext } from '../routes/route.ts';
import { defineAction } from './action.ts';
import { checkOwned } from './operation-check.ts';

const RIGHTS = ['read', 'list', 'cancel', 'watch'] as const;
type Right = (typeof RIGHTS)[number];

const Operations = z
  .strictObject({
    allow: z
      .array(z.enum(RIGHTS))
      .min(1)
      .default(['read', 'list', 'cancel', 'watch'])
      .describe(
        '`GET /{id}` reads one, `GET /` lists one’s own, `DELETE /{id}` cancels, `GET /{id}/events` tells changes as they come (SSE).',
      ),
    seeAll: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Scopes whose bearers see everybody’s operations, with the answers that were kept. Default: nobody does.',
      ),
  })
  .describe(
    'Action: the status of operations that `saga` and `command` have started. Its match is one prefix, such as `/operations/*`.',
  );

interface OperationsConfig extends ActionConfig {
  readonly kind: 'operationStatus';
  readonly allow: readonly Right[];
  readonly seeAll: readonly string[];
}

export const operationStatus = defineAction({
  key: 'operationStatus',
  kind: 'operationStatus',
  schema: Operations,
  callsUpstreams: false,
  readsBody: false,
  *check(written) {
    if (written.route['operationStatus'] === undefined) return;
    yield* checkOwned(written, 'operationStatus');
    yield* checkPlace(written);
  },
  build: (config): OperationsConfig => ({ kind: 'operationStatus', ...config }),
  *loosened(before, now) {
    const more = now.seeAll.filter((scope) => !before.seeAll.includes(scope));
    if (more.length === 0) return;
    const message = `bearers of ${more.join(', ')} see everybody's operations`;
    yield { rule: 'loosened', severity: 'medium', path: ['operationStatus', 'seeAll'], message };
  },
  describe: ({ allow }) => `operations: ${allow.join(', ')}`,
  create: (_route, config, context) => serving(config, context),
  plan: () => () => ({ calls: [], answer: { status: 200 } }),
});

/** Whoever starts an operation is told one address. */
function* checkPlace({ config, at, matches }: WrittenAction): Generator<Finding> {
  const { alternatives } = matches;
  for (const { pattern, at: place } of alternatives) {
    if (pattern?.kind === 'prefix' && pattern.parameters.length === 0) continue;
    yield { path: place, message: 'operations have one plain prefix, such as /operations/*' };
  }
  if (alternatives.length > 1) {
    yield { path: alternatives[1]!.at, message: 'operations have one address: match one prefix' };
  }
  const routes = isMap(config['routes']) ? Object.entries(config['routes']) : [];
  const first = routes.find(
    ([, route]) => isMap(route) && route['operationStatus'] !== undefined,
  )?.[0];
  if (first === undefined || first === at[1]) return;
  const message = `operations have one address, and the route "${first}" is it`;
  yield { path: [...at, 'operationStatus'], at: 'key', message };
}

interface Asked {
  readonly exchange: ClientExchange;
  readonly reply: FastifyReply;
  readonly consumer: Consumer;
  readonly engine: Engine;
  /** Absent: a list is asked for. */
  readonly id: string;
}

type Answer = (asked: Asked) => Promise<void>;

function serving(config: OperationsConfig, context: ActionContext): Action {
  // A config with such a route has a store: it has been checked.
  const { engine } = context.operations!;
  const answers = answersOf(config, context);
  const answer = async (exchange: ClientExchange, reply: FastifyReply): Promise<void> => {
    const consumer = consumerOf(exchange);
    const { id, right } = askedFor(exchange, config);
    if (engine === undefined) throw new GatewayError('GW_DEPENDENCY_DOWN', 'the store is not open');
    await answers[right]({ exchange, reply, consumer, engine, id });
  };
  return function serveOperations(request, reply, fail) {
    answer(exchangeOf(request.raw), reply).catch(fail);
  };
}

/** @throws GW_OPERATION_NOT_FOUND, GW_METHOD_NOT_ALLOWED */
function askedFor(
  { rest, method }: ClientExchange,
  { allow }: OperationsConfig,
): { readonly id: string; readonly right: Right } {
  const [id = '', events, ...more] = rest.split('/').slice(1);
  if (more.length > 0 || (events !== undefined && events !== 'events')) throw notFound();
  if (id !== '' && !isOperationId(id)) throw notFound();
  const byMethod: Readonly<Record<string, Right>> =
    id === ''
      ? { GET: 'list' }
      : events === undefined
        ? { GET: 'read', DELETE: 'cancel' }
        : { GET: 'watch' };
  const right = byMethod[method === 'HEAD' ? 'GET' : method];
  if (right !== undefined && allow.includes(right)) return { id, right };
  const allowed = Object.entries(byMethod).flatMap(([name, each]) =>
    allow.includes(each) ? (name === 'GET' ? ['GET', 'HEAD'] : [name]) : [],
  );
  throw new GatewayError('GW_METHOD_NOT_ALLOWED', `${method} is not served here`, {
    headers: { allow: allowed.join(', ') },
  });
}

const notFound = (): GatewayError =>
  new GatewayError('GW_OPERATION_NOT_FOUND', 'there is none with this id');

function answersOf(
  { seeAll }: OperationsConfig,
  { clock }: ActionContext,
): Readonly<Record<Right, Answer>> {
  /** @throws GW_OPERATION_NOT_FOUND for another's, too */
  const found = async ({ engine, id, consumer }: Asked): Promise<OperationDetail> => {
    const detail = await engine.find(id);
    if (detail === undefined) throw notFound();
    if (!seesAll(consumer, seeAll) && !isOwn(consumer, detail.operation)) throw notFound();
    return detail;
  };
  const view = (detail: OperationDetail, consumer: Consumer): object =>
    resourceOf(detail, seesAll(consumer, seeAll));
  return {
    async read(asked) {
      const { exchange, reply, consumer } = asked;
      sendTagged(exchange, reply, view(await found(asked), consumer));
    },
    async list({ exchange, reply, consumer, engine }) {
      const owner = seesAll(consumer, seeAll) ? undefined : ownerOf(consumer);
      const order = listOrder(exchange.query, owner);
      send(reply, 200, pageOf(await engine.list(order), order, summaryOf));
    },
    async cancel(asked) {
      const { engine, id, reply, consumer } = asked;
      await found(asked);
      if (!(await engine.cancel(id))) {
        const why = 'it has ended, is being undone, or has passed the point of no return';
        throw new GatewayError('GW_OPERATION_STATE', why);
      }
      send(reply, 202, view(await found(asked), consumer));
    },
    async watch(asked) {
      const { engine, reply, consumer } = asked;
      const first = await found(asked);
      const events = new OperationEvents({
        engine,
        clock,
        first,
        view: (detail) => view(detail, consumer),
      });
      reply.raw.once('close', () => events.destroy());
      void reply
        .code(200)
        .headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        .send(events);
    },
  };
}

function send(reply: FastifyReply, status: number, value: object): void {
  void reply
    .code(status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(Buffer.from(JSON.stringify(value)));
}

/** With a tag, so that who asks again and again is told in few bytes that nothing has changed. */
function sendTagged({ headers }: ClientExchange, reply: FastifyReply, value: object): void {
  const json = JSON.stringify(value);
  const etag = `"${createHash('sha256').update(json).digest('base64url').slice(0, 22)}"`;
  void reply.header('etag', etag).header('cache-control', 'no-store');
  if (headers['if-none-match'] === etag) void reply.code(304).send();
  else send(reply, 200, value);
}
