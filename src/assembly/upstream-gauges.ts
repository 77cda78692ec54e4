/** The gauges of each upstream, read at each scrape. */
import type { UpstreamGauges } from '../observe/state-gauges.ts';
import type { UpstreamRegistry } from '../upstream/registry.ts';
import type { Targets } from '../upstream/targets.ts';

export function* gaugesOf(upstreams: UpstreamRegistry): Generator<UpstreamGauges> {
  for (const { name, circuit, slots, targets } of upstreams.states()) {
    yield {
      name,
      circuit: circuit?.state,
      slotsUsed: slots.used,
      slots: slots.concurrency,
      queued: slots.queued,
      isPanicking: targets.isPanicking,
      get targets() {
        return healthOf(targets);
      },
    };
  }
}

function* healthOf(targets: Targets): Generator<{ label: string; isAvailable: boolean }> {
  for (const { origin, isAvailable } of targets.all) {
    yield { label: targets.labelOf(origin), isAvailable };
  }
}
