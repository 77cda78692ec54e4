/** What requests of a BFF can do: call its upstreams, and ask which fields their client wants. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../authoring/bff.ts';
import type { PartRunner } from '../authoring/part-runner.ts';
import { type UpstreamClient, upstreamClients } from '../authoring/parts.ts';
import { isProblemError, problemAnswer } from '../authoring/problem-error.ts';
import { toError } from '../core/errors.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { hasLongBody } from '../edge/client-headers.ts';
import { asksFor } from './bff-fields.ts';
import type { FastifyHook } from './fastify-hook.ts';

const RUNNER: unique symbol = Symbol('portico.parts');
const CLIENTS: unique symbol = Symbol('portico.clients');
type WithRunner = FastifyRequest & {
  [RUNNER]?: PartRunner;
  [CLIENTS]?: Readonly<Record<string, UpstreamClient>>;
};

/** Gives requests of `scope` their `upstreams`, `run`, `gather` and `asksFor`. */
export function decorateRequests(scope: FastifyInstance, { upstreams }: Bff): void {
  // `markRequest` has set it.
  const runnerOf = (request: WithRunner): PartRunner => request[RUNNER]!;
  scope.decorateRequest('upstreams', {
    // An awaited part runs under its request.
    getter(this: WithRunner) {
      return (this[CLIENTS] ??= upstreamClients(upstreams, {
        run: (part) => this.run(part),
        open: (upstream, template, options) =>
          runnerOf(this).open(this, replyOf(this), upstream, { template, options }),
        dispatcher: (name) => runnerOf(this).dispatcher(this, name),
      }));
    },
  });
  scope.decorateRequest('asksFor', function asks(path) {
    return asksFor(this, path);
  });
  scope.decorateRequest('run', function run(part) {
    return runnerOf(this).run(this, replyOf(this), part);
  });
  scope.decorateRequest('gather', function gather(parts) {
    return runnerOf(this).gather(this, replyOf(this), parts);
  });
}

const replyOf = ({ raw }: FastifyRequest): FastifyReply => exchangeOf(raw).reply!;

/** Notes the endpoint, and what runs the request's parts. */
export function markRequest(endpoint: string, runner: PartRunner): FastifyHook {
  return function mark(request, _reply, done) {
    exchangeOf(request.raw).endpoint = endpoint;
    (request as WithRunner)[RUNNER] = runner;
    done();
  };
}

/** Errors of the module's own are its answers; all others are the gateway's. */
export function answerProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // What is no error would not reach the gateway's handler: Fastify takes it for an answer.
  if (!isProblemError(thrown)) throw toError(thrown);
  const { status, headers, body } = problemAnswer(thrown, request.id);
  if (hasLongBody(request.raw)) void reply.header('connection', 'close');
  return reply.code(status).headers(headers).send(body);
}
