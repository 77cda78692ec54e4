/**
 * A gRPC call that fails at once is answered with one head that holds the trailers ("Trailers-Only" in
 * gRPC over HTTP/2), and no body. A gateway sends head and end as two frames, and clients look for the
 * status in the second, so it is moved there.
 *
 * gRPC-Web puts the status in the head on purpose, because its clients cannot see trailers; it stays
 * there.
 */
import { isGrpc } from '../core/grpc-type.ts';
import type { MutableHeaders } from '../core/headers.ts';

/** These describe the messages, so they stay in the head. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['grpc-encoding', 'grpc-accept-encoding']);

/**
 * Moves out of `head` what belongs in the trailers, and returns it; `undefined` if the head has no gRPC
 * status. Metadata is copied and stays in the head too, because it cannot be told from ordinary fields.
 */
export function takeGrpcTrailers(head: MutableHeaders): MutableHeaders | undefined {
  if (head['grpc-status'] === undefined || !isGrpc(head['content-type'])) return undefined;
  const trailers: MutableHeaders = {};
  for (const name of Object.keys(head)) {
    const value = head[name]!;
    if (name === 'via' || OF_MESSAGES.has(name)) continue;
    trailers[name] = value;
    if (name.startsWith('grpc-')) delete head[name];
  }
  return trailers;
}
