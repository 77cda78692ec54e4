/** What states and events of operations are called, and how bad each is. */
import { badge } from '../parts.js';

/** @import { OperationEvent, OperationStatus, OperationStep } from '../../page-data.ts' */
/** @import { Level } from '../parts.js' */

/** @type {Readonly<Record<OperationStatus, readonly [Level, string]>>} */
const STATUSES = {
  running: ['note', 'running'],
  compensating: ['warn', 'undoing'],
  stuck: ['bad', 'stuck'],
  completed: ['ok', 'completed'],
  failed: ['warn', 'failed'],
};

/** @param {OperationStatus} status */
export function statusBadge(status) {
  const [level, words] = STATUSES[status] ?? ['note', status];
  return badge(level, words);
}

/** @type {Readonly<Record<OperationStep['outcome'], Level>>} */
const OUTCOMES = {
  pending: 'note',
  done: 'ok',
  failed: 'warn',
  unknown: 'warn',
  undoing: 'warn',
  undone: 'note',
};

/** @param {OperationStep['outcome']} outcome */
export const stepBadge = (outcome) => badge(OUTCOMES[outcome] ?? 'note', outcome);

/** @type {Readonly<Record<NonNullable<OperationEvent['outcome']>, readonly [Level, string]>>} */
const CALLS = {
  done: ['ok', 'done'],
  refused: ['warn', 'refused'],
  notSent: ['warn', 'not sent'],
  unknown: ['warn', 'outcome unknown'],
  nothing: ['ok', 'nothing to undo'],
  failed: ['bad', 'failed'],
};

/** @param {NonNullable<OperationEvent['outcome']>} outcome */
export function callBadge(outcome) {
  const [level, words] = CALLS[outcome] ?? ['note', outcome];
  return badge(level, words);
}

/**
 * `charge`, `undo charge`, `operator: retry charge`.
 *
 * @param {OperationEvent} event
 */
export function eventWords({ what, step, why }) {
  switch (what) {
    case 'attempt':
      return step;
    case 'undo':
      return `undo ${step}`;
    case 'halt':
      return `stops before ${step}: ${why}`;
    case 'turn':
      return `turns back at ${step}`;
    default:
      return `operator: ${what} ${step}`;
  }
}
