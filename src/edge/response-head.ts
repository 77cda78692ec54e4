/** The head of an answer to the client: the upstream's fields, and those that the gateway replaces. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { connectionOptions, isRelayedTrailer, type MutableHeaders } from '../core/headers.ts';
import { VIA } from './forwarded.ts';
import { replyFields } from './reply-fields.ts';

/** The head that a plugin's `onResponse` edits. */
export interface ResponseHead {
  status: number;
  /** Lower-case names. */
  readonly headers: MutableHeaders;
}

/** Values are added to these fields, never replaced. */
const APPENDED: ReadonlySet<string> = new Set(['vary', 'set-cookie']);

/** RFC 9110 §7.6.3. */
export function addVia(headers: MutableHeaders): void {
  const { via } = headers;
  headers['via'] = via === undefined ? VIA : `${String(via)}, ${VIA}`;
}

/**
 * Reduces `Trailer` (RFC 9110 §6.6.2) to the trailers that will be sent, or removes it if none will be.
 * Node.js refuses a head with `Trailer` and without chunks.
 */
export function announceTrailers(head: ResponseHead, { method, httpVersion }: AnswerTo): void {
  const { status, headers } = head;
  const names = connectionOptions(headers['trailer']).filter(isRelayedTrailer);
  const hasChunks =
    method !== 'HEAD' &&
    status !== 204 &&
    status !== 304 &&
    httpVersion !== '1.0' &&
    headers['content-length'] === undefined;
  if (names.length > 0 && hasChunks) headers['trailer'] = names.join(', ');
  else delete headers['trailer'];
}

/** The request that an answer belongs to. */
type AnswerTo = Pick<IncomingMessage, 'method' | 'httpVersion'>;

/** Merges fields that hooks have set on the reply. They replace the upstream's; lists are extended. */
export function mergeReplyHeaders(reply: FastifyReply, headers: MutableHeaders): void {
  const own = replyFields(reply);
  for (const name in own) {
    const value = own[name];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value : String(value);
    const theirs = headers[name];
    headers[name] = theirs !== undefined && APPENDED.has(name) ? append(name, theirs, text) : text;
  }
}

function append(
  name: string,
  theirs: string | string[],
  ours: string | string[],
): string | string[] {
  if (name === 'set-cookie') return [theirs, ours].flat();
  return [theirs, ours].flat().join(', ');
}
