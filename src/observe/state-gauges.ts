/** Gauges for the state of upstreams and their targets, read at each scrape. */
import type { CircuitName } from '../policies/circuit.ts';
import type { Family } from './family.ts';
import { type Reading, readings } from './readings.ts';

/** Whatever is costly to tell is asked for when its turn comes. */
export interface UpstreamGauges {
  readonly name: string;
  readonly circuit: CircuitName | undefined;
  readonly slotsUsed: number;
  /** Of which so many may be in use. */
  readonly slots: number;
  readonly queued: number;
  /** Too few targets are available, so all of them get calls. */
  readonly isPanicking: boolean;
  /** By their labels. */
  readonly targets: Iterable<{ readonly label: string; readonly isAvailable: boolean }>;
}

const CIRCUIT_VALUES: Readonly<Record<CircuitName, number>> = {
  closed: 0,
  'half-open': 1,
  open: 2,
  'forced-open': 3,
  'forced-closed': 3,
};

type Upstreams = () => Iterable<UpstreamGauges>;
type Value = (each: UpstreamGauges) => number | undefined;

export function upstreamGauges(upstreams: Upstreams): Family[] {
  const gauge = (name: string, help: string, value: Value): Family =>
    readings({
      name,
      help,
      type: 'gauge',
      labels: ['upstream'],
      read: () => valuesOf(upstreams, value),
    });
  return [
    gauge('portico_circuit_state', '0 closed, 1 half-open, 2 open, 3 forced.', ({ circuit }) =>
      circuit === undefined ? undefined : CIRCUIT_VALUES[circuit],
    ),
    gauge('portico_bulkhead_slots', 'Open exchanges.', (each) => each.slotsUsed),
    gauge(
      'portico_bulkhead_slots_limit',
      'Exchanges that may be open at once.',
      (each) => each.slots,
    ),
    gauge('portico_bulkhead_queue', 'Calls waiting for a slot.', (each) => each.queued),
    gauge(
      'portico_upstream_panic',
      '1 while too few targets are available, so that all of them take calls.',
      (each) => (each.isPanicking ? 1 : 0),
    ),
    readings({
      name: 'portico_target_healthy',
      help: '1 for a target that takes calls, 0 for one left out because of checks or failures.',
      type: 'gauge',
      labels: ['upstream', 'target'],
      read: () => healthOf(upstreams),
    }),
  ];
}

function* valuesOf(upstreams: Upstreams, valueOf: Value): Generator<Reading> {
  // A copy: an upstream that goes and comes back while it is read must not be there twice.
  const all = [...upstreams()];
  for (const each of all) {
    const value = valueOf(each);
    if (value !== undefined) yield [[each.name], value];
  }
}

function* healthOf(upstreams: Upstreams): Generator<Reading> {
  const all = [...upstreams()];
  for (const { name, targets } of all) {
    // Several may share the label `other`: it is healthy while all of them are.
    const healthy = new Map<string, boolean>();
    for (const { label, isAvailable } of targets) {
      healthy.set(label, isAvailable && healthy.get(label) !== false);
    }
    for (const [label, isHealthy] of healthy) yield [[name, label], isHealthy ? 1 : 0];
  }
}
