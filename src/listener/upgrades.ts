/** Hands requests for a WebSocket to the gateway's handler, with a response of their own. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from '../assembly/admission.ts';
import type { Clock } from '../core/clock.ts';
import { asksForSocket, ClientUpgrade } from '../edge/client-upgrade.ts';
import { hasBody } from '../edge/client-headers.ts';
import { responseOn } from './unreadable.ts';

/**
 * May Node let go of the connection of this request? All others are served as the plain requests that they
 * also are (RFC 9110 §7.8): one with a body, and one behind a request that is not answered yet.
 */
export const isUpgradable = (request: IncomingMessage): boolean =>
  asksForSocket(request) && !hasBody(request) && responseOn(request.socket) === undefined;

export function serveUpgrades(server: Server, clock: Clock, handle: RequestHandler): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    handle(request, new ClientUpgrade(request, socket, head, clock).response);
  });
}
