/**
 * Takes the client's address from the PROXY header with which a connection must begin; nothing else on the listener
 * sees a connection before. Only named proxies may connect, and none without the header: if it were optional,
 * clients could send their own.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { World } from '../assembly/world.ts';
import type { ProxyProtocolConfig } from '../config/build/config.ts';
import { type AddressRange, AddressSet } from '../config/schema/address-range.ts';
import { addressOf, tellPeer } from '../edge/peer.ts';
import { putInFront, type Undecided } from './first-bytes.ts';
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts';

export interface ProxyProtocolOptions {
  readonly config: ProxyProtocolConfig;
  readonly undecided: Undecided;
  /** How long the header may take. */
  readonly timeoutMs: () => number;
  /** Whatever is refused, and why. */
  readonly onRefused: (peer: string, why: string) => void;
  readonly world: Pick<World, 'clock'>;
}

/** @returns changes the proxies, for connections that open from then on */
export function requireProxyHeader(
  server: Server,
  { config, undecided, timeoutMs, onRefused, world }: ProxyProtocolOptions,
): (from: readonly AddressRange[]) => void {
  let proxies = new AddressSet(config.from);
  putInFront(server, (socket, next) => {
    const peer = addressOf(socket);
    const refuse = (why: string): void => {
      onRefused(peer, why);
      socket.destroy();
    };
    if (!proxies.has(peer)) {
      refuse('it is none of the proxies');
      return;
    }
    undecided.read(socket, {
      clock: world.clock,
      ms: timeoutMs(),
      late: () => refuse('its PROXY header took too long'),
      look: (bytes) => {
        const header = readProxyHeader(config.version, bytes);
        if (header.kind === 'more') return undefined;
        if (header.kind === 'invalid') {
          return { rest: NONE, go: () => refuse(`its PROXY header is refused: ${header.why}`) };
        }
        tell(socket, peer, header);
        return { rest: bytes.subarray(header.length), go: next };
      },
    });
  });
  return (from) => {
    proxies = new AddressSet(from);
  };
}

const NONE = Buffer.alloc(0);

/** A client without an address is known by that of its proxy, but its word is not the proxy's. */
function tell(
  socket: Socket,
  proxy: string,
  header: Exclude<ProxyHeader, { readonly kind: 'more' | 'invalid' }>,
): void {
  if (header.kind === 'client') tellPeer(socket, { address: header.address, mayVouch: true });
  else tellPeer(socket, { address: proxy, mayVouch: header.kind === 'proxy' });
}
