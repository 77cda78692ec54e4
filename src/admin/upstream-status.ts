/** What `/status` says of one upstream: its circuit, its slots and its targets. */
import type { World } from '../assembly/world.ts';
import type { Circuit } from '../policies/circuit.ts';
import type { UpstreamState } from '../upstream/state.ts';
import type { Target } from '../upstream/target.ts';
import { isoTime } from './iso-time.ts';
import type { TargetStatus, UpstreamStatus } from './page-data.ts';

type Clocks = Pick<World, 'clock' | 'wallClock'>;

export const upstreamStatus = (
  { name, circuit, slots, streams, targets }: UpstreamState,
  clocks: Clocks,
): UpstreamStatus => ({
  name,
  ...(circuit !== undefined && circuitStatus(circuit, clocks)),
  slots: { used: slots.used, concurrency: slots.concurrency, queued: slots.queued },
  streams: { open: streams.open, most: streams.most },
  targets: targets.all.map((target) => targetStatus(target, clocks)),
  panic: targets.isPanicking,
});

function circuitStatus(circuit: Circuit, clocks: Clocks): Partial<UpstreamStatus> {
  const { state, stateMs, openForMs, why } = circuit;
  const now = clocks.clock.now();
  return {
    circuit: state,
    circuitSeconds: Math.round(stateMs / 1_000),
    circuitSince: isoTime(now - stateMs, clocks),
    ...(openForMs !== undefined && { circuitUntil: isoTime(now + openForMs, clocks) }),
    ...(why !== undefined && { circuitWhy: why }),
  };
}

const targetStatus = (
  { origin, weight, inflight, isHealthy, isEjected, lastFailure }: Target,
  clocks: Clocks,
): TargetStatus => ({
  origin,
  weight,
  inflight,
  healthy: isHealthy,
  ejected: isEjected,
  ...(lastFailure !== undefined && {
    lastError: { at: isoTime(lastFailure.at, clocks), why: lastFailure.why },
  }),
});
