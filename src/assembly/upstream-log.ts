/** Sends events of upstreams and names to the log and the metrics. */
import type { FastifyBaseLogger } from 'fastify';
import type { Metrics } from '../observe/metrics.ts';
import type { NamesOptions } from '../upstream/names/names.ts';
import type { Surroundings, TargetEvent } from '../upstream/surroundings.ts';

type Listeners = Pick<Surroundings, 'onCircuit' | 'onGivenUp' | 'onDiscovery' | 'onTarget'>;

const WARNED: ReadonlySet<TargetEvent['kind']> = new Set(['unhealthy', 'ejected', 'unchecked']);

/** `metrics` is a function because it is created later, from the same upstreams. */
export function upstreamLog(log: FastifyBaseLogger, metrics: () => Metrics): Listeners {
  return {
    onCircuit: (upstream, circuit, { why, forMs, afterMs }) => {
      const times = {
        ...(forMs === undefined ? {} : { forMs: Math.round(forMs) }),
        afterMs: Math.round(afterMs),
      };
      log.warn({ upstream, circuit, why, ...times }, 'circuit');
    },
    onGivenUp: ({ request, side, behindMs }) => {
      const { upstream, route, id: requestId } = request;
      metrics().countSlotGivenUp(upstream, side);
      const told = { upstream, route, requestId, side, behindMs: Math.round(behindMs) };
      log.warn(told, 'a slow client had to give up its slot');
    },
    onDiscovery: (upstream, event) => {
      log[event.kind === 'recovered' ? 'info' : 'warn']({ upstream, ...event }, 'discovery');
    },
    onTarget: (upstream, target, event) => {
      log[WARNED.has(event.kind) ? 'warn' : 'info']({ upstream, target, ...event }, 'target');
      if (event.kind === 'removed') metrics().forgetTarget(upstream, target);
    },
  };
}

export const nameLog =
  (log: FastifyBaseLogger): NonNullable<NamesOptions['onEvent']> =>
  (name, event) => {
    log[event.kind === 'recovered' ? 'info' : 'warn']({ name, ...event }, 'name resolution');
  };
