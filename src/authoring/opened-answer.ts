/** An answer of an upstream whose body streams: to the client, or to the code of a BFF. */
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { UpstreamResponse } from '../core/call.ts';
import { isGatewayError } from '../core/errors.ts';
import { type Headers, type MutableHeaders, relayedHeaders } from '../core/headers.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { PartOptionsWithBody } from './parts.ts';

export interface OpenOptions extends Omit<
  PartOptionsWithBody<never>,
  'schema' | 'maxBodyBytes' | 'numbers'
> {
  /** Default GET, and HEAD where the client asks with HEAD. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Passes on the client's `Range` and the conditions of its request, so that downloads can be resumed and 304 is an
   * answer. Default false.
   */
  readonly conditional?: boolean;
}

export interface SendToOptions {
  /** Fields of the upstream that the client gets, too, in addition to those that describe the body. */
  readonly fields?: readonly string[];
}

/** What describes a body, and who may keep it: what a download needs, and nothing that a service says to us. */
const SENT = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'vary',
] as const;

const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** Its body must be sent, read or destroyed; it is given up when the client's request ends. */
export class OpenedAnswer {
  /** Below 400: the upstream's other answers are errors of the part. */
  readonly status: number;
  /** Lower-case names, without those of the connection. */
  readonly headers: Headers;
  readonly #response: UpstreamResponse;
  readonly #reply: FastifyReply;

  constructor(response: UpstreamResponse, reply: FastifyReply) {
    this.status = response.status;
    this.headers = relayedHeaders(response.headers);
    this.#response = response;
    this.#reply = reply;
    const { body } = response;
    reply.raw.once('close', () => body.destroy());
  }

  /** The body; destroying it ends the call. */
  stream(): Readable {
    return this.#response.body.stream();
  }

  /** All of the body. @throws GW_UPSTREAM_INVALID past `maxBytes` */
  bytes(maxBytes = 1_048_576): Promise<Buffer> {
    return this.#response.body.bytes(maxBytes);
  }

  /** Gives up the body. */
  destroy(): void {
    this.#response.body.destroy();
  }

  /**
   * Sends status, body, and the fields that describe it to the client, at the client's pace. Return what this returns.
   * Fields that the reply already has take precedence.
   */
  sendTo(reply: FastifyReply, { fields = [] }: SendToOptions = {}): FastifyReply {
    const { body } = this.#response;
    const headers: MutableHeaders = {};
    for (const name of [...SENT, ...fields.map((each) => each.toLowerCase())]) {
      const value = this.headers[name];
      if (value === undefined || reply.hasHeader(name)) continue;
      headers[name] = typeof value === 'string' ? value : [...value];
    }
    void reply.code(this.status).headers(headers);
    if (BODILESS.has(this.status)) {
      body.destroy();
      return reply.send();
    }
    const { record } = exchangeOf(this.#reply.request.raw);
    body.onClose((error) => {
      record.bytesSent = body.received;
      if (error !== undefined && isGatewayError(error)) record.fail(error);
    });
    return reply.send(this.stream());
  }
}
