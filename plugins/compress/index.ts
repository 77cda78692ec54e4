/**
 * Compresses answers for clients that accept it (RFC 9110 §8.4, §12.5.3): forwarded ones, aggregates, BFFs and fixed
 * ones alike.
 *
 * Node's compressors do the work on threads of their own. An upstream may compress by itself: it gets the client's
 * `Accept-Encoding`, and what is encoded passes.
 */
import type { FastifyRequest } from 'fastify';
import {
  type Body,
  type BodyConversion,
  definePlugin,
  joinedValue,
  type ResponseHead,
} from 'portico';
import { chooseCoding } from './accept-encoding.ts';
import { checkOptions, risks } from './check.ts';
import { begun, compressed, type Places } from './compressed.ts';
import { addVary, describe, describeUnchanged, isAsItIs, isOfKind } from './compressible.ts';
import { typeFilter } from './media-types.ts';
import { Options, Settings } from './options.ts';

export default definePlugin({
  name: 'compress',
  settings: Settings,
  options: Options,
  check: checkOptions,
  risks,
  register: ({ concurrency }, host) => {
    const places = host.keepThrough<Places>('places', () => ({ taken: 0 }));
    return { route: (options) => ({ convert: compressing(options, { places, concurrency }) }) };
  },
});

interface Room {
  readonly places: Places;
  readonly concurrency: number;
}

function compressing(
  { minimum, types, encodings, level }: Options,
  { places, concurrency }: Room,
): (request: FastifyRequest, head: ResponseHead) => BodyConversion | undefined {
  const hasType = typeFilter(types);
  return function compress({ method, raw }, head) {
    const { headers } = head;
    if (head.status === 304) describeUnchanged(raw.headers, headers);
    if (head.status === 304 || !isOfKind(head, hasType)) return undefined;
    addVary(headers);
    if (isAsItIs(raw.headers, headers)) return undefined;
    const { coding, refusesPlain } = chooseCoding(
      joinedValue(raw.headers['accept-encoding']),
      encodings,
    );
    if (coding === undefined) return undefined;
    const leastBytes = Math.max(refusesPlain ? 0 : minimum, 1);
    const announced = lengthOf(headers);
    if (announced !== undefined && announced < leastBytes) return undefined;
    if (method === 'HEAD') {
      // Without a length, only the body would tell.
      if (announced !== undefined) describe(headers, coding);
      return undefined;
    }
    return async (body: Body) => {
      const whole = announced === undefined ? await begun(body, leastBytes) : body;
      const lengthBytes = announced ?? (whole.isClosed ? whole.received : undefined);
      if (lengthBytes !== undefined && lengthBytes < leastBytes) return whole;
      if (places.taken >= concurrency) return whole;
      describe(headers, coding);
      const encoded = await compressed(whole, { coding, levels: level, lengthBytes }, places);
      if (encoded.isClosed) headers['content-length'] = String(encoded.received);
      return encoded;
    };
  };
}

function lengthOf({ 'content-length': length }: ResponseHead['headers']): number | undefined {
  return length === undefined ? undefined : Number(length);
}
