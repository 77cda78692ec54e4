/**
 * Opens a WebSocket for a client: asks the upstream first, passes its refusal on as an ordinary answer, and
 * only then says 101.
 *
 * Everything before it has run: all hooks of plugins see the upgrade as the GET request that it is.
 */
import type { FastifyRequest } from 'fastify';
import type { UpstreamResponse } from '../core/call.ts';
import { GatewayError, toError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { Receiver, Sender } from '../core/sender.ts';
import { StreamRecord } from '../core/stream-record.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { type ClientUpgrade, upgradeOf } from '../edge/client-upgrade.ts';
import { forwardedHeaders } from '../edge/forwarded.ts';
import { addVia, mergeReplyHeaders } from '../edge/response-head.ts';
import { checkHandshake, checkOrigin, subprotocolFor } from '../edge/handshake.ts';
import { type Answering, relay } from './answer.ts';
import { takePlace } from './consumer-place.ts';
import type { RewriteBack } from './rewrite-back/rewrite-back.ts';
import type { Action, ActionContext, Route } from './route.ts';
import { SocketRelay } from './socket-relay.ts';

/** Milliseconds and bytes. */
export interface WebsocketConfig {
  /** Pages that may open sockets; `undefined`: those of the same origin, where a cookie comes along. */
  readonly origins: readonly string[] | undefined;
  readonly idleMs: number;
  /** `undefined`: nobody is pinged. */
  readonly pingMs: number | undefined;
  readonly maxPayloadBytes: number;
  /** `undefined`: as many as the upstream takes. */
  readonly perConsumer: number | undefined;
  /** A socket ends with the token that opened it. */
  readonly endsWithToken: boolean;
}

export interface WebsocketOptions {
  readonly route: Route;
  readonly context: ActionContext;
  readonly upstream: string;
  readonly config: WebsocketConfig;
  readonly path: (exchange: ClientExchange) => string;
  /** See `UpstreamCall`; see also tunnel.ts. */
  readonly sender: Sender;
  /** See `AnswerOptions`. */
  readonly back: RewriteBack | undefined;
}

/** @throws GW_REQUEST_INVALID, GW_ORIGIN_DENIED, GW_CONSUMER_STREAMS */
export function openSocket(options: WebsocketOptions): Action {
  const { route, context, upstream, config, path, sender, back } = options;
  return function opened(request, reply, fail) {
    const exchange = exchangeOf(request.raw);
    const upgrade = upgradeOf(request.raw);
    checkHandshake(request.raw.headers, upgrade !== undefined);
    checkOrigin(request.raw.headers, exchange, config.origins);
    const record = exchange.record.call('forward', '', upstream, context.clock.now());
    const asked = {
      upstream,
      method: exchange.method,
      path: path(exchange),
      query: exchange.query,
      headers: forwardedHeaders(request.raw.headers),
      body: undefined,
    };
    const answering = { route, context, request, reply, exchange, fail, isRelayed: true, back };
    const release = takePlace({ exchange, route, context, of: 'socket', most: config.perConsumer });
    const opening = new Opening({ ...answering, upload: undefined }, upgrade!, release, config);
    try {
      sender.send(upstreamRequest(exchange, asked, exchange.signal, record), opening);
    } catch (error) {
      release();
      throw error;
    }
  };
}

/** Waits for the upstream's answer to the handshake. */
class Opening implements Receiver {
  readonly #answering: Answering;
  readonly #upgrade: ClientUpgrade;
  readonly #release: () => void;
  readonly #config: WebsocketConfig;

  constructor(
    answering: Answering,
    upgrade: ClientUpgrade,
    release: () => void,
    config: WebsocketConfig,
  ) {
    this.#answering = answering;
    this.#upgrade = upgrade;
    this.#release = release;
    this.#config = config;
  }

  answered(response: UpstreamResponse): void {
    try {
      if (response.tunnel === undefined) this.#refused(response);
      else this.#accepted(response, response.tunnel);
    } catch (error) {
      response.body.destroy();
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    this.#release();
    this.#answering.fail(toError(error));
  }

  #refused(response: UpstreamResponse): void {
    this.#release();
    relay(this.#answering, response)?.catch((error: unknown) =>
      this.#answering.fail(toError(error)),
    );
  }

  #accepted(
    { headers, body, target }: UpstreamResponse,
    tunnel: NonNullable<UpstreamResponse['tunnel']>,
  ): void {
    const { route, context, request, reply, exchange } = this.#answering;
    if (reply.raw.destroyed) throw new GatewayError('GW_CLIENT_CLOSED', 'the client left');
    // The cast holds, because a receiver may edit what it gets.
    const fields = headers as MutableHeaders;
    addVia(fields);
    this.#answering.back?.(fields, exchange, target);
    for (const hook of route.responseHooks) hook(request, { status: 101, headers: fields });
    mergeReplyHeaders(reply, fields);
    const protocol = subprotocolFor(request.raw, fields['sec-websocket-protocol']);
    if (protocol !== undefined) fields['sec-websocket-protocol'] = protocol;
    const { socket, early } = this.#upgrade.accept(fields);
    const record = new StreamRecord('websocket', route.config.name, context.clock.now());
    exchange.record.stream = record;
    reply.hijack();
    record.onEnd(this.#release);
    body.onClose(() => tunnel.destroy());
    const { clock, random, streams } = context;
    const { maxPayloadBytes } = this.#config;
    const times = this.#times(request, context);
    const options = { client: socket, early, upstream: tunnel, record, maxPayloadBytes, times };
    new SocketRelay({ ...options, clock, random, streams }).start();
  }

  #times({ consumer }: FastifyRequest, { clock, wallClock }: ActionContext) {
    const { idleMs, pingMs, endsWithToken } = this.#config;
    const exp = endsWithToken ? consumer?.claims['exp'] : undefined;
    const leftMs = typeof exp === 'number' ? exp * 1_000 - wallClock() : undefined;
    return { idleMs, pingMs, endsAt: leftMs === undefined ? undefined : clock.now() + leftMs };
  }
}
