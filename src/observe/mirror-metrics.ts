/** Metrics of mirrors: what came of the copies of requests, and of comparing the answers. */
import type { Counts } from './counts.ts';
import type { Families } from './families.ts';
import type { Tally } from './tally.ts';

export class MirrorMetrics {
  readonly #sent: Counts<'route' | 'upstream' | 'outcome'>;
  readonly #compared: Counts<'route' | 'upstream' | 'result'>;
  readonly #times: Tally;

  /** @param buckets upper bounds in seconds */
  constructor(families: Families, buckets: readonly number[]) {
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
    this.#times = families.tally({
      histogram: {
        name: 'portico_mirror_duration_seconds',
        help: 'Time to the head of answers that were compared, of the primary and of the mirror.',
      },
      shared: ['route', 'upstream', 'side'],
      counted: [],
      buckets,
    });
  }

  sent(route: string, upstream: string, outcome: string): void {
    this.#sent.inc({ route, upstream, outcome });
  }

  /** Both sides have answered one request. */
  took(route: string, upstream: string, primaryMs: number, mirrorMs: number): void {
    this.#times.observe([route, upstream, 'primary'], [], primaryMs / 1_000);
    this.#times.observe([route, upstream, 'mirror'], [], mirrorMs / 1_000);
  }

  compared(route: string, upstream: string, result: string): void {
    this.#compared.inc({ route, upstream, result });
  }
}
