/**
 * Sends clients that came by plain HTTP to https: the same host, path and query, with status 308, which keeps the method.
 *
 * The host is the one they asked for, and the path is canonical, so that it cannot be taken for a host.
 */
import type { ServerResponse } from 'node:http';
import { hostName } from '../core/canonical-host.ts';
import type { RequestTarget } from './request-target.ts';

export interface HttpsRedirect {
  /** Where https is served; 443 is not written. */
  readonly port: number;
}

export function httpsLocation(
  { host, path, query }: RequestTarget,
  { port }: HttpsRedirect,
): string {
  const authority = port === 443 ? hostName(host) : `${hostName(host)}:${port}`;
  return `https://${authority}${path}${query}`;
}

export function sendToHttps(response: ServerResponse, location: string, requestId: string): void {
  const headers = { location, 'content-length': 0, 'x-request-id': requestId };
  response.writeHead(308, headers).end();
}
