/**
 * The connection of a client that asks for a WebSocket, from its request to the 101 or the refusal.
 *
 * Node's parser has let go of it, so nothing after the head is read as a request. Until it is accepted, what
 * the client sends early is kept, up to a bound, and a client that leaves is noticed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { connectionOptions, type MutableHeaders } from '../core/headers.ts';
import { http } from '../core/node-http.ts';
import { linger } from './linger.ts';

/** No honest client sends more before it is answered. */
const EARLY_BYTES = 65_536;
/** So long a client may take to read a refusal. */
const REFUSED_MS = 5_000;

const UPGRADE: unique symbol = Symbol('portico.upgrade');

type Carrier = IncomingMessage & { [UPGRADE]?: ClientUpgrade };

/** Does the head ask to speak WebSocket from here on (RFC 6455 §4.1)? */
export function asksForSocket({ method, headers, httpVersion }: IncomingMessage): boolean {
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    method === 'GET' &&
    httpVersion === '1.1' &&
    connectionOptions(headers.connection).includes('upgrade')
  );
}

/** The upgrade that `request` began; `undefined` if its connection cannot be upgraded. */
export const upgradeOf = (request: IncomingMessage): ClientUpgrade | undefined =>
  (request as Carrier)[UPGRADE];

export class ClientUpgrade {
  /** For every other answer; the connection ends with it. */
  readonly response: ServerResponse;
  readonly #socket: Socket;
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;
  #isAccepted = false;

  /** `head`: what came together with the request. */
  constructor(request: IncomingMessage, socket: Socket, head: Buffer, clock: Clock) {
    this.#socket = socket;
    (request as Carrier)[UPGRADE] = this;
    socket.setTimeout(0);
    socket.on('error', this.#gone).on('end', this.#gone).on('data', this.#keep);
    if (head.length > 0) this.#keep(head);
    const response = new http.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => {
      // The client has left meanwhile.
      if (response.destroyed) return;
      response.detachSocket(socket);
      if (!this.#isAccepted) this.#refused(clock);
      // For responses that it has made, Node does this.
      response.destroyed = true;
      response.emit('close');
    });
    this.response = response;
  }

  /**
   * Answers 101 with `headers`, and hands the connection over: paused, with what came early. From then on
   * whoever takes it listens to it.
   *
   * @throws what Node throws for a field that cannot be sent; then nothing was
   */
  accept(headers: MutableHeaders): { readonly socket: Socket; readonly early: Buffer } {
    const socket = this.#socket;
    const { 'content-length': _length, 'transfer-encoding': _coding, ...fields } = headers;
    this.response.writeHead(101, { ...fields, connection: 'Upgrade', upgrade: 'websocket' });
    this.#isAccepted = true;
    this.response.end();
    socket.pause();
    this.#letGo();
    return { socket, early: Buffer.concat(this.#early) };
  }

  #refused(clock: Clock): void {
    this.#letGo();
    this.#socket.on('error', () => undefined);
    linger(this.#socket, clock, REFUSED_MS);
  }

  #letGo(): void {
    this.#socket.off('error', this.#gone).off('end', this.#gone).off('data', this.#keep);
  }

  readonly #gone = (): void => {
    this.#socket.destroy();
  };

  readonly #keep = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > EARLY_BYTES) this.#socket.pause();
  };
}
