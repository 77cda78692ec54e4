/**
 * Compresses answers for clients that accept it (RFC 9110 §8.4, §12.5.3): forwarded ones, aggregates, BFFs and fixed
 * ones alike.
 *
 * Node's compressors do the work on threads of their own. An upstream may compress by itself: it gets the client's
 * `Accept-Encoding`, and what is encoded passes.
 */
import { definePlugin } from 'portico';
import { checkOptions, risks } from './check.ts';
import type { Places } from './compressed.ts';
import { compressing } from './compressing.ts';
import { Options, Settings } from './options.ts';

export default definePlugin({
  name: 'compress',
  settings: Settings,
  options: Options,
  check: checkOptions,
  risks,
  register: ({ concurrency }, host) => {
    const { metrics } = host;
    const places = host.keepThrough<Places>('places', () => ({ taken: 0 }));
    const bytes = metrics.counter(
      'compress_bytes_total',
      'Bytes of answers before and after their compression.',
      ['route', 'coding', 'side'],
    );
    const skipped = metrics.counter(
      'compress_skipped_total',
      'Answers that passed as they are, because as many as allowed were being compressed.',
      ['route'],
    );
    return {
      route: (options, { route }) => ({
        convert: compressing(options, {
          places,
          concurrency,
          onSkipped: () => skipped.inc({ route }),
          onCompressed(coding, before, after) {
            bytes.inc({ route, coding, side: 'before' }, before);
            bytes.inc({ route, coding, side: 'after' }, after);
          },
        }),
      }),
    };
  },
});
