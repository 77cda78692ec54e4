/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). */
import type { FastifyReply } from 'fastify';
import type { DocumentedHeader } from 'portico';

/** As OpenAPI documents tell them. */
export const LIMIT_FIELDS: Readonly<Record<string, DocumentedHeader>> = {
  RateLimit: { description: 'What is left, and in how many seconds there is more.' },
  'RateLimit-Policy': { description: 'Limits that apply to the client.' },
};

/** Whole seconds, up; what is due soon is not due now. */
export const seconds = (ms: number): number => Math.max(1, wholeSeconds(ms));

/** Rounded up, but for what a difference of two times is off by: 30 s would be told as 31. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1_000 - 1e-6);

export const ratePolicy = (name: string, max: number, windowMs: number): string =>
  `"${name}";q=${max};w=${Math.max(1, Math.round(windowMs / 1_000))}`;

export const concurrencyPolicy = (name: string, max: number): string =>
  `"${name}";q=${max};qu="concurrent-requests"`;

/** One more limit of the same answer. */
export function append(reply: FastifyReply, name: string, value: string): void {
  const known = reply.getHeader(name);
  void reply.header(name, known === undefined ? value : `${String(known)}, ${value}`);
}
