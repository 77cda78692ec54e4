/** Gauges for the state of upstreams and their targets. */
import { Gauge, type Registry } from 'prom-client';
import type { CircuitName } from '../policies/circuit.ts';

/** What gauges read at each scrape, so that nothing is stored twice. */
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

/** Registers the gauges; `upstreams` is called at each scrape. */
export function upstreamGauges(registry: Registry, upstreams: Upstreams): void {
  const gauge = (
    name: string,
    help: string,
    value: (each: UpstreamGauges) => number | undefined,
  ): void => upstreamGauge({ name, help, registers: [registry] }, upstreams, value);
  gauge('portico_circuit_state', '0 closed, 1 half-open, 2 open, 3 forced.', (each) =>
    each.circuit === undefined ? undefined : CIRCUIT_VALUES[each.circuit],
  );
  gauge('portico_bulkhead_slots', 'Open exchanges.', (each) => each.slotsUsed);
  gauge(
    'portico_bulkhead_slots_limit',
    'Exchanges that may be open at once.',
    (each) => each.slots,
  );
  gauge('portico_bulkhead_queue', 'Calls waiting for a slot.', (each) => each.queued);
  gauge(
    'portico_upstream_panic',
    '1 while too few targets are available, so that all of them take calls.',
    (each) => (each.isPanicking ? 1 : 0),
  );
  targetGauge(registry, upstreams);
}

interface GaugeOptions {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
}

function upstreamGauge(
  options: GaugeOptions,
  upstreams: Upstreams,
  value: (each: UpstreamGauges) => number | undefined,
): void {
  const gauge = new Gauge({
    ...options,
    labelNames: ['upstream'],
    collect() {
      // Drops the series of upstreams that are gone.
      gauge.reset();
      for (const each of upstreams()) {
        const now = value(each);
        if (now !== undefined) gauge.set({ upstream: each.name }, now);
      }
    },
  });
}

function targetGauge(registry: Registry, upstreams: Upstreams): void {
  const gauge = new Gauge({
    name: 'portico_target_healthy',
    help: '1 for a target that takes calls, 0 for one left out because of checks or failures.',
    labelNames: ['upstream', 'target'],
    registers: [registry],
    collect() {
      gauge.reset();
      for (const { name, targets } of upstreams()) {
        for (const { label, isAvailable } of targets) {
          gauge.set({ upstream: name, target: label }, isAvailable ? 1 : 0);
        }
      }
    },
  });
}
