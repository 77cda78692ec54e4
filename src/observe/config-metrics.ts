/** Metrics of the config and the certificates in use. */
import type { Counts } from './counts.ts';
import type { Families } from './families.ts';
import { reading, readings } from './readings.ts';

type Result = 'applied' | 'rejected';

interface ObservedCertificate {
  readonly name: string;
  readonly expiresAt: Date;
}

export class ConfigMetrics {
  readonly #loads: Counts<'result'>;
  readonly #tlsLoads: Counts<'result'>;
  #generation = 0;
  #isLastLoadRejected = false;
  /** By listener. */
  readonly #certificatesOf = new Map<object, readonly ObservedCertificate[]>();

  constructor(families: Families) {
    this.#loads = families.counter('portico_config_reloads_total', 'Loads of the config.', [
      'result',
    ]);
    this.#tlsLoads = families.counter(
      'portico_tls_reloads_total',
      'Changes of the certificates of the listening port.',
      ['result'],
    );
    for (const counter of [this.#loads, this.#tlsLoads]) {
      counter.begin('result', ['applied', 'rejected']);
    }
    families.add(
      readings({
        name: 'portico_tls_certificate_expiry_seconds',
        help: 'When each certificate of a listener expires, in seconds since 1970.',
        type: 'gauge',
        labels: ['name'],
        read: () => [...this.#expiries()].map(([name, seconds]) => [[name], seconds]),
      }),
    );
    families.add(
      reading(
        'gauge',
        { name: 'portico_config_generation', help: 'Number of the config in use.' },
        () => this.#generation,
      ),
    );
    families.add(
      reading(
        'gauge',
        {
          name: 'portico_config_last_load_successful',
          help: '0 while the config that was read last is refused, and an earlier one serves.',
        },
        () => (this.#isLastLoadRejected ? 0 : 1),
      ),
    );
  }

  observeLoad(result: Result, generation: number): void {
    this.#loads.inc({ result });
    this.#isLastLoadRejected = result === 'rejected';
    this.#generation = generation;
  }

  countTlsReload(result: Result): void {
    this.#tlsLoads.inc({ result });
  }

  /** Reports the certificates that `listener` now uses, by their first names; of one name, the first to expire. */
  observeCertificates(listener: object, certificates: readonly ObservedCertificate[]): void {
    this.#certificatesOf.set(listener, certificates);
  }

  #expiries(): ReadonlyMap<string, number> {
    const all = [...this.#certificatesOf.values()].flat();
    const lastFirst = all.toSorted((a, b) => +b.expiresAt - +a.expiresAt);
    return new Map(lastFirst.map(({ name, expiresAt }) => [name, expiresAt.getTime() / 1_000]));
  }
}
