/**
 * Which answers are streams: they go on for as long as their upstream likes, so they hold no slot, have no total
 * time, and nothing may collect, compress or keep them.
 */
import type { HeaderValue } from './headers.ts';

/** What an answer streams: server-sent events, lines of JSON, or the messages of gRPC. */
export type AnswerKind = 'sse' | 'ndjson' | 'grpc';

const STREAM =
  /^(?:(text\/event-stream)|(application\/(?:(?:x-)?ndjson|jsonl))|application\/grpc(?:[-+][^;\s]*)?)\s*(?:;|$)/i;

/** Lower case, in ASCII: the thirteenth character of the types above. */
const T = 0x74;
const G = 0x67;
const N = 0x6e;
const X = 0x78;
const J = 0x6a;
/** That of `application/jsonl` after `application/json`. */
const L = 0x6c;
const LOWER = 0x20;

/**
 * What an answer of this `Content-Type` streams; `undefined` for all others, which costs two comparisons
 * for JSON or HTML.
 */
export function streamKind(type: HeaderValue | undefined): AnswerKind | undefined {
  if (typeof type !== 'string') return undefined;
  const letter = type.charCodeAt(12) | LOWER;
  if (letter === J) {
    if ((type.charCodeAt(16) | LOWER) !== L) return undefined;
  } else if (letter !== T && letter !== G && letter !== N && letter !== X) return undefined;
  const found = STREAM.exec(type);
  if (found === null) return undefined;
  if (found[1] !== undefined) return 'sse';
  return found[2] === undefined ? 'grpc' : 'ndjson';
}

/** May an answer of this `Content-Type` go on for hours? Whatever would wait for its end must leave it alone. */
export const isStream = (type: HeaderValue | undefined): boolean => streamKind(type) !== undefined;
