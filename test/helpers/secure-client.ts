/** HTTPS as a client speaks it, with what it saw of the connection. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { pem } from './secure-upstream.ts';
import { noteAnswer } from './what-came.ts';

export interface SecureAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Of the certificate that was shown. */
  readonly serial: string;
}

/** One request on a connection of its own; it trusts the test authority, and nobody else. */
export async function ask(
  url: string,
  options: RequestOptions & ConnectionOptions = {},
  body?: string,
): Promise<SecureAnswer> {
  const asked = request(url, { agent: false, ca: pem('ca.pem'), ...options }).end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const serial = serialOf(response.socket as TLSSocket);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers } = response;
  const text = Buffer.concat(chunks).toString();
  noteAnswer({ asked: url, status, headers, body: text });
  return { status, headers, body: text, serial };
}

/** A connection whose handshake is done; it trusts whoever answers. */
export async function openSecure(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    rejectUnauthorized: false,
    ...options,
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

export const serialOf = (socket: TLSSocket): string =>
  socket.getPeerX509Certificate()?.serialNumber ?? 'none';
