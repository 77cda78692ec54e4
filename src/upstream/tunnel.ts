/**
 * The innermost part of a chain for WebSockets: picks a target, opens a connection of its own and asks for
 * the upgrade. A refusal is an ordinary answer; a 101 hands the connection out.
 *
 * The connection is not one of the pool's: those are as many as the bulkhead has slots, and sockets take
 * none of them. It speaks HTTP/1.1 even if requests to this target use HTTP/2.
 */
import { firstValue } from '../core/headers.ts';
import type { Sender } from '../core/sender.ts';
import { type LeafOptions, withHost } from './leaf.ts';
import type { UpstreamLease } from './lease.ts';
import { faultOfUpgrade } from './upgrade.ts';
import { WireAttempt } from './wire-attempt.ts';

/**
 * @throws GW_NO_TARGET, GW_UPSTREAM_CONNECT, GW_UPSTREAM_RESET, GW_UPSTREAM_PROTOCOL, or the reason of a
 *   cancelled call
 */
export function tunnel({ config, state }: UpstreamLease, options: LeafOptions): Sender {
  return {
    send(request, receiver) {
      request.signal.throwIfCancelled();
      const target = state.targets.pick(request.tried, request.key);
      const now = options.clock.now();
      const record = request.record.attempt(config.name, target.origin, request, now);
      const key = firstValue(request.headers['sec-websocket-key']) ?? '';
      const dispatcher = state.openConnection(target);
      const sending = {
        request,
        target,
        headers: withHost(request.headers, target),
        record,
        receiver,
        upgrade: { dispatcher, protocol: 'websocket' as const, faultOf: faultOfUpgrade(key) },
      };
      const attempt = new WireAttempt(sending, options);
      attempt.send();
      // Ends the connection with its one request, unless that was upgraded.
      dispatcher.close().catch(() => undefined);
      return attempt;
    },
  };
}
