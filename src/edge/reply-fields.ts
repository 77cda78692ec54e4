/**
 * The fields that are set on a Fastify reply, without the two copies that `reply.getHeaders()` makes of them:
 * these were the most expensive function of a forwarded request.
 *
 * Fastify keeps them under a symbol that it does not export. If that changes, they are read as it offers them, and
 * test/edge/reply-fields.test.ts fails.
 */
import type { FastifyReply } from 'fastify';

type Fields = Readonly<Record<string, number | string | string[] | undefined>>;

/** `undefined` until a reply has been seen, and where no symbol has this name. */
let symbol: symbol | undefined;

/** Read them; changing them changes the reply. */
export function replyFields(reply: FastifyReply): Fields {
  symbol ??= symbolOf(reply);
  // What was set past Fastify is rare.
  if (symbol === undefined || reply.raw.getHeaderNames().length > 0) return reply.getHeaders();
  return (reply as unknown as Readonly<Record<symbol, Fields>>)[symbol]!;
}

export const symbolOf = (reply: FastifyReply): symbol | undefined =>
  Object.getOwnPropertySymbols(reply).find(
    ({ description }) => description === 'fastify.reply.headers',
  );
