/**
 * What a change of an upstream's config takes from its state. `UpstreamState.change` goes by the same comparisons.
 */
import { isDeepStrictEqual } from 'node:util';
import type { UpstreamConfig } from '../config/build/config.ts';
import { isSameTransport } from './transport.ts';

/** Is the circuit, open or not, kept? */
export const isSameCircuit = (one: UpstreamConfig, other: UpstreamConfig): boolean =>
  isDeepStrictEqual(one.breaker, other.breaker);

/** Each loss in words; none if everything lives on. */
export function* lossesOf(before: UpstreamConfig, after: UpstreamConfig): Generator<string> {
  if (!isSameTransport(before, after)) yield 'new sockets';
  if (!isSameCircuit(before, after)) {
    yield after.breaker === undefined ? 'no circuit' : 'a new circuit, closed';
  }
  if (!isDeepStrictEqual(before.bulkhead, after.bulkhead)) yield 'resized slots';
  if (before.health !== undefined && after.health === undefined) yield 'health forgotten';
  if (endsEjections(before, after)) yield 'ejections ended';
}

const endsEjections = ({ outlier: before }: UpstreamConfig, { outlier }: UpstreamConfig): boolean =>
  before !== undefined && (outlier === undefined || outlier.maxEjected < before.maxEjected);
