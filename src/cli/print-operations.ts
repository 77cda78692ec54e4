/** What `GET /operations` and `GET /operations/{id}` answer, for people. */
import { visible } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { type Column, table } from './table.ts';

const COUNTED = ['running', 'compensating', 'stuck', 'completed', 'failed'] as const;

const columns = (...names: readonly string[]): readonly Column[] => names.map((name) => ({ name }));

/** In lines of up to `width` characters. */
export function listLines(list: Tree, width: number): readonly string[] {
  const counts = mapsIn(list['counts']);
  const items = mapsIn(list['items']);
  const { windowHours, next } = list;
  return [
    ...(counts.length === 0 ? [] : [...countLines(counts, width), '']),
    ...(items.length === 0
      ? ['no operation']
      : table(
          columns('ID', 'STATUS', 'NAME', 'STEP', 'STARTED', 'WHY'),
          items.map(({ id, status, name, step, startedAt, failureReason }) =>
            [id, status, name, step, startedAt, failureReason].map(textOf),
          ),
          width,
        )),
    ...(next === undefined ? [] : [`the next page: --after ${visible(textOf(next))}`]),
    ...(counts.length === 0
      ? []
      : [`Completed and failed are counted over the last ${textOf(windowHours)} h.`]),
  ];
}

const countLines = (counts: readonly Tree[], width: number): readonly string[] =>
  table(
    columns('NAME', 'KIND', ...COUNTED.map((each) => each.toUpperCase())),
    counts.map((row) => ['name', 'kind', ...COUNTED].map((key) => textOf(row[key]))),
    width,
  );

/** In lines of up to `width` characters; what was kept is not cut. */
export function operationLines(operation: Tree, width: number): readonly string[] {
  const steps = mapsIn(operation['steps']);
  const { context } = operation;
  const kept = isMap(context) ? Object.entries(context) : [];
  return [
    ...factsOf(operation).map(([name, value]) => visible(`${name.padEnd(9)}${value}`)),
    '',
    ...table(
      columns('STEP', 'OUTCOME', 'ATTEMPTS'),
      steps.map(({ name, outcome, attempts }) => [name, outcome, attempts].map(textOf)),
      width,
    ),
    '',
    ...table(
      columns('TIME', 'WHAT', 'OUTCOME', 'TOOK'),
      mapsIn(operation['history']).map((event) => [
        textOf(event['at']),
        whatOf(event),
        outcomeOf(event),
        tookOf(event),
      ]),
      width,
    ),
    ...(kept.length === 0 ? [] : ['', 'kept answers:']),
    ...kept.map(([step, answer]) => visible(`  ${step}  ${JSON.stringify(answer)}`)),
  ];
}

function factsOf(operation: Tree): readonly (readonly [name: string, value: string])[] {
  const { id, kind, name, version, status, owner, run, failureReason, stuckStep } = operation;
  const { startedAt, updatedAt, endedAt, can, cancel, cancelRequested } = operation;
  const at = stuckStep === undefined ? '' : ` at ${textOf(stuckStep)}`;
  const why = failureReason === undefined ? '' : `: ${textOf(failureReason)}`;
  const by = isMap(cancel) ? `, by ${textOf(cancel['by'])}: ${textOf(cancel['reason'])}` : '';
  const orders = Array.isArray(can) ? can.map(textOf).join(', ') : '';
  return [
    ['id', textOf(id)],
    ['what', `${textOf(kind)} ${textOf(name)}, version ${textOf(version)}, run ${textOf(run)}`],
    ['status', `${textOf(status)}${at}${why}`],
    ...(cancelRequested === true ? [['cancel', `requested${by}`] as const] : []),
    ['owner', textOf(owner)],
    ['started', textOf(startedAt)],
    endedAt === undefined ? ['updated', textOf(updatedAt)] : ['ended', textOf(endedAt)],
    ...(orders === '' ? [] : [['can', orders] as const]),
  ];
}

/** `charge, attempt 2`, `undo of charge, attempt 1`, `retry of charge`. */
function whatOf({ what, step, attempt }: Tree): string {
  switch (what) {
    case 'attempt':
      return `${textOf(step)}, attempt ${textOf(attempt)}`;
    case 'undo':
      return `undo of ${textOf(step)}, attempt ${textOf(attempt)}`;
    case 'halt':
      return `halt before ${textOf(step)}`;
    case 'turn':
      return `turn back at ${textOf(step)}`;
    default:
      return `${textOf(what)} of ${textOf(step)}`;
  }
}

function outcomeOf({ outcome, status, why, by, reason }: Tree): string {
  const order = by === undefined ? '' : `by ${textOf(by)}: ${textOf(reason)}`;
  // A status is in most reasons.
  const code = textOf(why).startsWith('STATUS_') ? undefined : status;
  return [outcome, code, why, order].map(textOf).filter(Boolean).join(' ');
}

const tookOf = ({ ms }: Tree): string => (typeof ms === 'number' ? `${Math.round(ms)} ms` : '');

const mapsIn = (value: unknown): readonly Tree[] =>
  Array.isArray(value) ? value.filter(isMap) : [];

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
