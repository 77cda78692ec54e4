/**
 * HTTP/2 without TLS, by prior knowledge (RFC 9113 §3.3): a connection that begins with the preface of HTTP/2 is
 * one, and any other speaks HTTP/1.1, as Envoy and Traefik have it on one port. `Upgrade: h2c` is not offered:
 * RFC 9113 has dropped it.
 */
import type { Server } from 'node:http';
import type { World } from '../assembly/world.ts';
import { beginsLike, putInFront, type Undecided } from './first-bytes.ts';
import type { Http2Sessions } from './http2.ts';

/** RFC 9113 §3.4 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface PriorKnowledgeOptions {
  readonly http2: Http2Sessions;
  readonly undecided: Undecided;
  /** How long the first bytes may take. */
  readonly timeoutMs: () => number;
  readonly world: Pick<World, 'clock'>;
}

/** Connections that begin with HTTP/2 go to `http2`, all others where they went before. */
export function servePriorKnowledge(server: Server, options: PriorKnowledgeOptions): void {
  const { http2, undecided, timeoutMs, world } = options;
  putInFront(server, (socket, next) => {
    undecided.read(socket, {
      clock: world.clock,
      ms: timeoutMs(),
      look: (bytes) => {
        const isHttp2 = beginsLike(bytes, PREFACE);
        if (isHttp2 && bytes.length < PREFACE.length) return undefined;
        return { rest: bytes, go: isHttp2 ? () => http2.accept(socket) : next };
      },
      // As Node says it of a head that does not come.
      late: () => server.emit('clientError', new HeadTimeout(), socket),
    });
  });
}

class HeadTimeout extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}
