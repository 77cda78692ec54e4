/** Files of operations that cannot be read, and routes that nothing is forwarded from. */
import type { OptionFault } from 'portico';
import { KnownOperations } from './known.ts';
import type { Options } from './options.ts';

/** Keys of routes that forward. */
const FORWARDS = ['upstream', 'split'];

export function* checkOptions(
  { documents }: Options,
  others: ReadonlyMap<string, unknown>,
): Generator<OptionFault> {
  if (!FORWARDS.some((key) => others.has(key))) {
    yield {
      path: [],
      at: 'key',
      message: 'needs a route that forwards, with "upstream" or "split"',
    };
  }
  if (others.has('websocket')) {
    yield { path: [], at: 'key', message: 'cannot look into a WebSocket: leave out "websocket"' };
  }
  try {
    void new KnownOperations(documents);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    for (const message of error.message.split('\n')) yield { path: ['documents'], message };
  }
}
