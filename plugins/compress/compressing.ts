/** Decides for each answer whether it is compressed, and does it. */
import type { FastifyRequest } from 'fastify';
import { type Body, type BodyConversion, joinedValue, type ResponseHead } from 'portico';
import { chooseCoding, type Coding } from './accept-encoding.ts';
import { begun, compressed, type Places } from './compressed.ts';
import { addVary, describe, describeUnchanged, isAsItIs, isOfKind } from './compressible.ts';
import { typeFilter } from './media-types.ts';
import type { Options } from './options.ts';

/** What the routes share, and who is told. */
export interface World {
  readonly places: Places;
  readonly concurrency: number;
  /** An answer passes as it is, because no place was left. */
  readonly onSkipped: () => void;
  /** An answer has ended; with its bytes before and after. */
  readonly onCompressed: (coding: Coding, before: number, after: number) => void;
}

/** An answer that is compressed if it is long enough. */
interface Candidate {
  readonly coding: Coding;
  /** Shorter ones pass as they are. */
  readonly leastBytes: number;
  /** As its head says; `undefined`: only the body tells. */
  readonly lengthBytes: number | undefined;
}

export function compressing(options: Options, world: World) {
  const hasType = typeFilter(options.types);
  return function compress(
    { method, raw }: FastifyRequest,
    head: ResponseHead,
  ): BodyConversion | undefined {
    const { status, headers } = head;
    if (status === 304) describeUnchanged(raw.headers, headers);
    if (status === 304 || !isOfKind(head, hasType)) return undefined;
    addVary(headers);
    if (isAsItIs(raw.headers, headers)) return undefined;
    const candidate = candidateFor(joinedValue(raw.headers['accept-encoding']), headers, options);
    if (candidate === undefined) return undefined;
    if (method !== 'HEAD') return (body) => compressLong(body, candidate);
    // Without a length, only the body would tell.
    if (candidate.lengthBytes !== undefined) describe(headers, candidate.coding);
    return undefined;

    async function compressLong(body: Body, { coding, leastBytes, lengthBytes }: Candidate) {
      const whole = lengthBytes === undefined ? await begun(body, leastBytes) : body;
      const length = lengthBytes ?? (whole.isClosed ? whole.received : undefined);
      if (length !== undefined && length < leastBytes) return whole;
      if (world.places.taken >= world.concurrency) {
        world.onSkipped();
        return whole;
      }
      describe(headers, coding);
      const encoding = { coding, levels: options.level, lengthBytes: length };
      const encoded = await compressed(whole, encoding, world.places);
      if (encoded.isClosed) headers['content-length'] = String(encoded.received);
      encoded.onClose(() => world.onCompressed(coding, whole.received, encoded.received));
      return encoded;
    }
  };
}

function candidateFor(
  accepted: string | undefined,
  { 'content-length': announced }: ResponseHead['headers'],
  { encodings, minimum }: Options,
): Candidate | undefined {
  const { coding, refusesPlain } = chooseCoding(accepted, encodings);
  if (coding === undefined) return undefined;
  const lengthBytes = announced === undefined ? undefined : Number(announced);
  const leastBytes = refusesPlain ? 1 : Math.max(minimum, 1);
  if (lengthBytes !== undefined && lengthBytes < leastBytes) return undefined;
  return { coding, leastBytes, lengthBytes };
}
