/** Operations as operators see them: everybody's, with all that happened. */
import { COUNTED_MS, type Operation, type OperationCount } from '../operations/engine.ts';
import type { OperationDetail as Found } from '../operations/engine.ts';
import type { Item } from '../operations/history.ts';
import { resourceOf, summaryOf } from '../operations/resource.ts';
import type {
  OperationCounts,
  OperationDetail,
  OperationEvent,
  OperationSummary,
} from './page-data.ts';

export const WINDOW_HOURS = COUNTED_MS / 3_600_000;

const NONE = { running: 0, compensating: 0, stuck: 0, completed: 0, failed: 0 } as const;

/** One row for each name and kind, in their order. */
export function countsOf(counted: readonly OperationCount[]): readonly OperationCounts[] {
  const rows = Map.groupBy(counted, ({ kind, name }) => `${name} ${kind}`);
  return [...rows.values()].map((row) => {
    const { kind, name } = row[0]!;
    const counts = Object.fromEntries(row.map(({ status, count }) => [status, count]));
    return { kind, name, ...NONE, ...counts };
  });
}

export function operationSummary(operation: Operation): OperationSummary {
  const { owner, run, step } = operation;
  // The summary of a client has the rest of the fields.
  const summary = summaryOf(operation) as unknown as OperationSummary;
  return { ...summary, owner, run, ...(step !== undefined && { step }) };
}

export function operationDetail(found: Found): OperationDetail {
  const { operation, history } = found;
  const { cancel } = operation;
  // The resource of a client has the rest of the fields.
  const resource = resourceOf(found, true) as unknown as OperationDetail;
  return {
    ...resource,
    ...operationSummary(operation),
    ...(cancel && { cancel }),
    can: ordersFor(found),
    history: history.map(eventOf),
  };
}

/** Only what is being undone can be skipped. */
export function ordersFor({ operation, history }: Found): OperationDetail['can'] {
  const { status, isCancelled, isCommitted } = operation;
  if (status === 'running') return isCancelled || isCommitted ? [] : ['cancel'];
  if (status !== 'stuck') return [];
  return history.some(({ kind }) => kind === 'turn') ? ['retry', 'skip'] : ['retry'];
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

function eventOf(item: Item): OperationEvent {
  const { step } = item;
  switch (item.kind) {
    case 'attempt':
    case 'undo': {
      const { kind, attempt, outcome, startedAt, endedAt, status, why } = item;
      const at = isoOf(startedAt);
      const ended = { ...(status !== undefined && { status }), ...(why !== undefined && { why }) };
      return { what: kind, step, at, ms: endedAt - startedAt, attempt, outcome, ...ended };
    }
    case 'halt': {
      const { why, at, by, reason } = item;
      const order = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
      return { what: 'halt', step, at: isoOf(at), why, ...order };
    }
    case 'turn':
      return { what: 'turn', step, at: isoOf(item.at), why: item.why };
    case 'order':
      return { what: item.order, step, at: isoOf(item.at), by: item.by, reason: item.reason };
  }
}
