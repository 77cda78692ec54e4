/**
 * A gRPC call that fails at once is answered by trailers alone: one head, without a body, that says what
 * the trailers would ("Trailers-Only" of the protocol over HTTP/2). On its way through a gateway head and
 * end become two frames, and clients look for the status in the second. So it goes there.
 *
 * gRPC-Web says its status in a head on purpose, to clients that see no trailers: it is left alone.
 */
import type { MutableHeaders } from '../core/headers.ts';

/** `application/grpc`, `application/grpc+proto`; not `application/grpc-web`. */
const GRPC = /^application\/grpc(?:\+[^;\s]*)?\s*(?:;|$)/i;

/** These speak of messages, wherever the status stands. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['grpc-encoding', 'grpc-accept-encoding']);

/**
 * Takes out of `head` what belongs into trailers, and gives it back; `undefined` where the answer has its
 * status elsewhere. Metadata stay in the head as well: nobody can tell them from fields of the way.
 */
export function takeGrpcTrailers(head: MutableHeaders): MutableHeaders | undefined {
  const type = head['content-type'];
  if (head['grpc-status'] === undefined || typeof type !== 'string' || !GRPC.test(type)) {
    return undefined;
  }
  const trailers: MutableHeaders = {};
  for (const name of Object.keys(head)) {
    const value = head[name]!;
    if (name === 'via' || OF_MESSAGES.has(name)) continue;
    trailers[name] = value;
    if (name.startsWith('grpc-')) delete head[name];
  }
  return trailers;
}
