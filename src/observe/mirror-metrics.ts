/** Metrics of mirrors: what came of the copies of requests, and of comparing the answers. */
import type { Counts } from './counts.ts';
import type { Families } from './families.ts';

export class MirrorMetrics {
  readonly #sent: Counts<'route' | 'upstream' | 'outcome'>;
  readonly #compared: Counts<'route' | 'upstream' | 'result'>;

  constructor(families: Families) {
    this.#sent = families.counter(
      'portico_mirror_requests_total',
      'Copies of requests, by how they ended or why they were not sent.',
      ['route', 'upstream', 'outcome'],
    );
    this.#compared = families.counter(
      'portico_mirror_compared_total',
      "Answers of mirrors that were compared with the client's, by the result.",
      ['route', 'upstream', 'result'],
    );
  }

  sent(route: string, upstream: string, outcome: string): void {
    this.#sent.inc({ route, upstream, outcome });
  }

  compared(route: string, upstream: string, result: string): void {
    this.#compared.inc({ route, upstream, result });
  }
}
