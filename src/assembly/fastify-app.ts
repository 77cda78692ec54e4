/** The Fastify instance of one generation: it routes and runs hooks, but never listens. */
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Consumer } from '../core/call.ts';
import type { ServerConfig } from '../config/build/config.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { hasLongBody } from '../edge/client-headers.ts';
import { SERVED_METHODS } from '../edge/methods.ts';
import { grpcAnswer, wantsGrpc } from '../edge/grpc-status.ts';
import { errorAnswer } from '../edge/error-form.ts';
import {
  bugOf,
  ERRORS,
  type ErrorCode,
  GatewayError,
  isGatewayError,
  toError,
  toGatewayError,
} from '../core/errors.ts';
import { readerWatch } from '../core/reader-watch.ts';
import { mountAddress } from './mount.ts';
import { requestLogger } from './request-logger.ts';
import { lazyCompilers } from './schema-compilers.ts';
import type { World } from './world.ts';

export function createApp(server: ServerConfig, world: World): FastifyInstance {
  const app = Fastify({
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: server.limits.bodyBytes,
    exposeHeadRoutes: true,
    forceCloseConnections: false,
    return503OnClosing: false,
    schemaController: { compilersFactory: lazyCompilers },
    genReqId: (raw) => exchangeOf(raw).id,
    // A path that no BFF can decode. The router's own message would reveal our addresses, so the route
    // refuses the request, and its hooks see the answer.
    frameworkErrors: (_error, { raw }, reply) => {
      const exchange = exchangeOf(raw);
      exchange.refusal = undecodable();
      raw.url = mountAddress(exchange.route);
      app.routing(raw, reply.raw);
    },
    routerOptions: { maxParamLength: server.limits.urlBytes },
  });
  // Set after creation: Fastify's own logger stays silent and makes no child for each request.
  app.log = world.log;
  for (const method of SERVED_METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
  app.decorate('pluginKeys', new Map());
  app.decorateRequest('consumer', {
    getter() {
      return exchangeOf(this.raw).consumer;
    },
    setter(consumer: Consumer | undefined) {
      exchangeOf(this.raw).consumer = consumer;
    },
  });
  app.decorateRequest('gateway', {
    getter() {
      return exchangeOf(this.raw);
    },
  });
  addFirstHooks(app, server.limits.readerIdleMs, world);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(() => {
    throw new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');
  });
  return app;
}

/** The error for a path that no BFF can decode. */
export const undecodable = (): GatewayError =>
  new GatewayError('GW_REQUEST_INVALID', 'the path is not UTF-8');

/** Adds the hooks that run before those of any plugin, including ordinary Fastify plugins. */
function addFirstHooks(app: FastifyInstance, readerIdleMs: number, { log, clock }: World): void {
  const watchReader = readerWatch(clock, readerIdleMs);
  app.addHook('onRequest', function enter(request, reply, done) {
    const exchange = exchangeOf(request.raw);
    // Fastify has routed the request by our address; from here on it has its own URL and method.
    request.raw.url = exchange.path + exchange.query;
    request.raw.method = exchange.method;
    exchange.reply = reply;
    request.log = reply.log = requestLogger(log, request.raw);
    void reply.header('x-request-id', exchange.id);
    done();
  });
  app.addHook('onSend', function noteAnswer(request, reply, payload, done) {
    exchangeOf(request.raw).isAnswering = true;
    watchReader(reply.raw);
    done(null, payload);
  });
}

/** Any throw becomes one problem document, or an error of the client's protocol. */
function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const exchange = exchangeOf(request.raw);
  const error = isGatewayError(thrown) ? thrown : fromFastify(thrown);
  exchange.record.fail(error);
  // It counted an upstream's answer, which this one replaces.
  exchange.record.bytesSent = undefined;
  if (error.code === 'GW_INTERNAL') {
    const { route, endpoint } = exchange;
    const where = endpoint === '' ? { route } : { route, endpoint };
    request.log.error({ ...bugOf(error), ...where }, 'bug');
  }
  if (wantsGrpc(request.raw)) {
    const { headers, trailers } = grpcAnswer(error, exchange.id);
    reply.raw.addTrailers(trailers);
    return reply.code(200).headers(headers).send(null);
  }
  const { status, headers, body } = errorAnswer(request, error);
  // The unread bytes of this request must not be taken for the next one. A client that paused too long is
  // not waited for again (RFC 9110 §15.5.9).
  const isOver = error.code === 'GW_REQUEST_TIMEOUT' || hasLongBody(request.raw);
  if (isOver) void reply.header('connection', 'close');
  // As bytes: Fastify would add a charset to text, and JSON has none (RFC 8259 §11).
  return reply.code(status).headers(headers).send(body);
}

interface FastifyProblem {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message?: string;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string }[];
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'GW_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'GW_MEDIA_TYPE',
};

/**
 * Converts what Fastify and its plugins throw: a client's fault keeps its status, anything else is a bug.
 */
function fromFastify(thrown: unknown): GatewayError {
  const { code = '', statusCode, message = '', validation } = (thrown ?? {}) as FastifyProblem;
  if (validation !== undefined) {
    const errors = validation.map((each) => ({ pointer: each.instancePath, detail: each.message }));
    return new GatewayError('GW_REQUEST_INVALID', message, {
      cause: thrown,
      extensions: { errors },
    });
  }
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return new GatewayError(known, message, { cause: thrown });
  if (statusCode === undefined || statusCode < 400 || statusCode > 499)
    return toGatewayError(thrown ?? toError(thrown));
  const same = (Object.keys(ERRORS) as ErrorCode[]).find(
    (each) => ERRORS[each].status === statusCode,
  );
  return new GatewayError(same ?? 'GW_REQUEST_INVALID', message, { cause: thrown });
}
