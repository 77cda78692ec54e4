/**
 * Takes a raw request to Fastify: what happens on every request before any hook.
 *
 * canonical path · framing · fields a client may not send · matching · the address of the route
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { hostName } from '../core/canonical-host.ts';
import type { ServerConfig } from '../config/build/config.ts';
import { answerLimit } from '../edge/answer-limit.ts';
import { ClientExchange, setExchange } from '../edge/client-exchange.ts';
import {
  checkExpectation,
  checkFraming,
  forbiddenFields,
  forbiddenToProxies,
  hasBody,
  hasLongBody,
  removeForbidden,
} from '../edge/client-headers.ts';
import { boundUnread, watchClient } from '../edge/client-signal.ts';
import { type HttpsRedirect, httpsLocation, sendToHttps } from '../edge/https-redirect.ts';
import { peerOf } from '../edge/peer.ts';
import { sendError } from '../edge/send-error.ts';
import {
  readTarget,
  refusedPath,
  type RequestTarget,
  type TargetRules,
} from '../edge/request-target.ts';
import { takeTrace } from '../edge/trace.ts';
import { TrustedProxies } from '../edge/trusted-proxies.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { readerWatch } from '../core/reader-watch.ts';
import type { MatchRequest } from '../routes/conditions.ts';
import type { Match, Matcher } from '../routes/matcher.ts';
import { ACTION_ADDRESS, ACTION_METHOD, mountAddress } from './mount.ts';
import type { World } from './world.ts';

export interface AdmissionOptions {
  readonly app: Pick<FastifyInstance, 'routing'>;
  readonly server: ServerConfig;
  readonly matcher: Pick<Matcher, 'find'>;
  /** Fields, in lower case, that only plugins may set. */
  readonly owned: ReadonlySet<string>;
  /** Routes with a hook that answers preflights. */
  readonly preflighted: ReadonlySet<string>;
  /** Routes that have their own paths below their prefix. */
  readonly mounted: ReadonlySet<string>;
  readonly world: World;
  /** For a listener that sends clients to https; absent: they are served. */
  readonly redirectHttps?: HttpsRedirect | undefined;
  readonly onClose: (exchange: ClientExchange, response: ServerResponse) => void;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export function admission(options: AdmissionOptions): RequestHandler {
  const { world, onClose, server, owned, redirectHttps } = options;
  const { paths, limits, clientAddress } = server;
  const { urlBytes, headersBytes, idleMs, readerIdleMs, answerMs } = limits;
  const forbidden = forbiddenFields(owned, clientAddress);
  const rules = { paths, urlBytes, headersBytes, forbidden };
  const proxyRules = { ...rules, forbidden: forbiddenToProxies(owned, clientAddress) };
  const { nextRequestId, clock } = world;
  const proxies =
    server.trustedProxies.length === 0 ? undefined : new TrustedProxies({ ...server, owned });
  const traced = world.tracing?.rules;
  const watchReader = readerWatch(clock, readerIdleMs);
  const boundAnswer = answerLimit(answerMs, clock);
  return function admit(request, response) {
    const method = request.method ?? 'GET';
    const peer = peerOf(request.socket);
    const believed = proxies?.believe(request.headers, peer);
    const head = {
      id: believed?.id ?? nextRequestId(),
      method,
      headers: request.headers,
      peer: believed?.peer ?? peer,
      // There is one `peer` object per connection.
      client: believed?.peer.address ?? peer,
    };
    const exchange = new ClientExchange(head, clock.now());
    if (traced !== undefined) {
      exchange.trace = takeTrace(request.headers, believed !== undefined, traced);
    }
    if (believed?.host !== undefined) exchange.aim({ path: '', query: '', host: believed.host });
    setExchange(request, exchange);
    watchClient(response, exchange, boundAnswer(request, response, exchange), onClose);
    if (hasBody(request)) boundUnread(request, response, clock, idleMs);
    try {
      const ruled = believed === undefined ? rules : proxyRules;
      if (redirectHttps !== undefined && exchange.peer.scheme === 'http') {
        redirect(request, response, exchange, ruled, believed?.host, redirectHttps);
        return;
      }
      const address = route(request, exchange, ruled, believed?.host, options);
      if (address === undefined) answerAsterisk(response, exchange);
      else {
        enterFastify(request, response, exchange, address, options);
      }
    } catch (thrown) {
      if (refusedByRoute(request, response, exchange, thrown, believed?.host, options)) return;
      watchReader(response);
      refuse(request, response, exchange, thrown, options);
    }
  };
}

/** The address of the route in Fastify; `undefined` for `OPTIONS *`, which the gateway answers itself. */
function route(
  request: IncomingMessage,
  exchange: ClientExchange,
  rules: TargetRules & { readonly forbidden: ReadonlySet<string> },
  believedHost: string | undefined,
  { matcher, preflighted, mounted }: AdmissionOptions,
): string | undefined {
  const { path, query, host } = aim(request, exchange, rules, believedHost);
  removeForbidden(request, rules.forbidden);
  if (path === '*') return undefined;
  const { headers } = request;
  if (headers.host !== host) headers.host = host;
  const asked: MatchRequest = {
    method: exchange.method,
    path,
    query,
    host: hostName(host),
    headers,
    rawHeaders: request.rawHeaders,
  };
  const match = findPreflighted(asked, matcher, preflighted) ?? find(asked, matcher);
  const { name } = match.route;
  exchange.match({ name, params: match.params, rest: match.rest });
  return (mounted.has(name) ? mountAddress(name) + match.rest : ACTION_ADDRESS) + query;
}

/** Reads what is asked for, and refuses heads that must not be acted on, whatever they ask for. */
function aim(
  request: IncomingMessage,
  exchange: ClientExchange,
  rules: TargetRules,
  believedHost: string | undefined,
): RequestTarget {
  const read = readTarget(request, rules);
  const { path, query } = read;
  // The authority of an absolute target replaces `Host` (RFC 9112 §3.2.2), and a trusted proxy's host
  // replaces both.
  const host = believedHost ?? read.host;
  const target = host === read.host ? read : { path, query, host };
  exchange.aim(target);
  checkFraming(request);
  checkExpectation(request);
  return target;
}

/** @throws GW_ROUTE_NOT_FOUND, GW_METHOD_NOT_ALLOWED, GW_REQUEST_INVALID */
function find(asked: MatchRequest, matcher: Pick<Matcher, 'find'>): Match {
  const found = matcher.find(asked);
  switch (found.kind) {
    case 'match':
      return found.match;
    case 'method': {
      const headers = { allow: found.allow.join(', ') };
      const detail = `${asked.method} is not served at this path`;
      throw new GatewayError('GW_METHOD_NOT_ALLOWED', detail, { headers });
    }
    case 'ambiguous':
      throw new GatewayError('GW_REQUEST_INVALID', found.detail);
    case 'none':
      throw new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');
  }
}

/** A preflight belongs to the route of the request it asks for (Fetch standard, "CORS-preflight"). */
function findPreflighted(
  asked: MatchRequest,
  matcher: Pick<Matcher, 'find'>,
  preflighted: ReadonlySet<string>,
): Match | undefined {
  const method = asked.headers['access-control-request-method'];
  if (asked.method !== 'OPTIONS' || method === undefined || asked.headers.origin === undefined) {
    return undefined;
  }
  const found = matcher.find({ ...asked, method });
  return found.kind === 'match' && preflighted.has(found.match.route.name)
    ? found.match
    : undefined;
}

/** @throws GW_REQUEST_INVALID and whatever else is refused of any request */
function redirect(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
  rules: TargetRules,
  believedHost: string | undefined,
  to: HttpsRedirect,
): void {
  const target = aim(request, exchange, rules, believedHost);
  if (target.path === '*') {
    answerAsterisk(response, exchange);
    return;
  }
  if (hasLongBody(request)) response.setHeader('connection', 'close');
  sendToHttps(response, httpsLocation(target, to), exchange.id);
}

const TOO_LONG: ReadonlySet<string> = new Set(['GW_URI_TOO_LONG', 'GW_HEADERS_TOO_LARGE']);

/**
 * Lets the matched route answer a request that is too long. Pages of other origins may then read why, if
 * the route's CORS settings let them read its answers.
 */
function refusedByRoute(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
  thrown: unknown,
  believedHost: string | undefined,
  options: AdmissionOptions,
): boolean {
  const error = toGatewayError(thrown);
  if (!TOO_LONG.has(error.code) || request.headers.origin === undefined) return false;
  const { server, owned, preflighted } = options;
  const limits = { urlBytes: Number.POSITIVE_INFINITY, headersBytes: Number.POSITIVE_INFINITY };
  const forbidden = forbiddenFields(owned, server.clientAddress);
  try {
    const rules = { ...limits, paths: server.paths, forbidden };
    route(request, exchange, rules, believedHost, options);
  } catch {
    // Further faults do not matter: the request is refused as too long.
  }
  if (!preflighted.has(exchange.route)) {
    exchange.match(undefined);
    return false;
  }
  exchange.refusal = error;
  const isMounted = options.mounted.has(exchange.route);
  const address = isMounted ? mountAddress(exchange.route) : ACTION_ADDRESS;
  enterFastify(request, response, exchange, address, options);
  return true;
}

/** Fastify finds the route by our address; the first hook restores the request's own URL and method. */
function enterFastify(
  request: IncomingMessage,
  response: ServerResponse,
  { route: name }: ClientExchange,
  address: string,
  { app, mounted }: AdmissionOptions,
): void {
  request.url = address;
  if (!mounted.has(name)) request.method = ACTION_METHOD;
  app.routing(request, response);
}

function answerAsterisk(response: ServerResponse, { id }: ClientExchange): void {
  response.writeHead(204, { 'x-request-id': id }).end();
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
  thrown: unknown,
  { world }: AdmissionOptions,
): void {
  const error = toGatewayError(thrown);
  if (error.code === 'GW_INTERNAL') world.log.error({ err: thrown, requestId: exchange.id }, 'bug');
  exchange.record.fail(error);
  if (hasLongBody(request)) response.setHeader('connection', 'close');
  const { path, query, host } = exchange;
  if (path === '') exchange.aim({ path: refusedPath(request.url ?? ''), query, host });
  exchange.record.bytesSent = sendError(response, error, exchange.id);
}
