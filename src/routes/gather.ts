/**
 * Calls the parts of one answer in parallel; the first required part that fails cancels the others.
 * BFFs use it; aggregates have actions/aggregate-parts.ts, without a promise for each part.
 */
import type { Cancellation } from '../core/cancellation.ts';
import { GatewayError, isGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { degradedReason } from './part.ts';

/**
 * Runs `work` on every part and resolves to the results, in their order. Rejects as soon as one rejects,
 * which ends `group` and with it the calls of the others.
 */
export async function gather<P, T>(
  parts: readonly P[],
  group: Cancellation,
  work: (part: P) => Promise<T>,
): Promise<readonly T[]> {
  try {
    return await Promise.all(parts.map(work));
  } catch (error) {
    group.cancel(notNeeded());
    throw error;
  }
}

/** Why the part `name` is missing from an answer; a bug of ours is logged as one. */
export function missingPart(client: ClientExchange, name: string, error: unknown): MissingPart {
  if (!isGatewayError(error)) client.reply?.log.error({ err: error, part: name }, 'bug');
  return { name, reason: degradedReason(error) };
}

/** The reason that cancels the siblings of a failed required part; it blames nobody. */
export const notNeeded = (): GatewayError =>
  new GatewayError('GW_CLIENT_CLOSED', 'no longer needed: another part failed');
