/** The gauges of each upstream, read at each scrape. */
import type { UpstreamGauges } from '../observe/state-gauges.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';

export function* gaugesOf(upstreams: UpstreamRegistry): Generator<UpstreamGauges> {
  for (const { name, circuit, slots, targets } of upstreams.states()) {
    yield {
      name,
      circuit: circuit?.state,
      slotsUsed: slots.used,
      slots: slots.concurrency,
      queued: slots.queued,
      isPanicking: targets.isPanicking,
      targets: targets.all.map(({ origin, isAvailable }) => ({
        label: targets.labelOf(origin),
        isAvailable,
      })),
    };
  }
}
