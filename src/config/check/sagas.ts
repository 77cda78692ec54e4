/** Sagas that cannot work: unknown upstreams, templates that can never be filled, steps that nothing undoes. */
import type { Finding, Path } from '../fault.ts';
import { callTemplates } from '../schema/call-templates.ts';
import type { Reference } from '../schema/template.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { checkMethod } from './match.ts';
import { hint } from './suggest.ts';
import { checkSecrets } from './saga-secrets.ts';
import { checkReferences, checkSentPath } from './template.ts';

/** What templates may name, besides earlier steps. */
const ROOTS = ['input', 'claim', 'operation', 'key'] as const;

/** Set by the gateway, or about the connection. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  'idempotency-key',
  'portico-operation',
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'x-request-id',
]);

type CheckUpstream = (name: string, at: Path) => Iterable<Finding>;

/** Every finding about `sagas`. */
export function* checkSagas(tree: Tree, checkUpstream: CheckUpstream): Generator<Finding> {
  const { sagas } = tree;
  if (!isMap(sagas)) return;
  if (tree['store'] === undefined && Object.keys(sagas).length > 0) {
    const message =
      'need "store", where they are kept: { postgres: "${DATABASE_URL}" } or { embedded: ./data/operations }';
    yield { path: ['sagas'], at: 'key', message };
  }
  for (const [name, saga] of Object.entries(sagas)) {
    if (!isMap(saga)) continue;
    yield* checkSaga(saga, ['sagas', name], checkUpstream);
    yield* checkSecrets(saga, ['sagas', name], tree['store']);
  }
}

function* checkSaga(saga: Tree, path: Path, checkUpstream: CheckUpstream): Generator<Finding> {
  const { one, steps } = saga;
  if (typeof one === 'string') {
    yield* checkReferences(one, [...path, 'one'], (reference) =>
      reference.root === 'input' || reference.root === 'claim'
        ? referenceFault(reference, { earlier: [] })
        : `{${reference.text}}: only {input.…} and {claim.…} are known before the first step`,
    );
  }
  if (!isMap(steps)) return;
  const names = Object.keys(steps);
  let isCommitted = false;
  for (const [i, name] of names.entries()) {
    const at = [...path, 'steps', name];
    if (ROOTS.includes(name as never)) {
      const message = `cannot name a step: {${name}.…} means something else in templates`;
      yield { path: at, at: 'key', message };
    }
    const step = steps[name];
    if (!isMap(step)) continue;
    const earlier = names.slice(0, i);
    yield* checkStep(step, at, { name, earlier, checkUpstream });
    yield* checkUndone(step, at, { isLast: i === names.length - 1, isCommitted });
    isCommitted ||= step['pivot'] === true;
  }
}

interface StepPlace {
  readonly name: string;
  readonly earlier: readonly string[];
  readonly checkUpstream: CheckUpstream;
}

function* checkStep(
  { call, undo, undoUnknown }: Tree,
  at: Path,
  { name, earlier, checkUpstream }: StepPlace,
): Generator<Finding> {
  if (isMap(call)) {
    yield* checkCall(call, [...at, 'call'], { earlier, name }, checkUpstream);
  }
  if (!isMap(undo)) return;
  // What it answered is not known where nobody knows whether it was done.
  const own = undoUnknown === false ? { earlier: [...earlier, name] } : { earlier, self: name };
  yield* checkCall(undo, [...at, 'undo'], { ...own, isUndo: true, name }, checkUpstream);
}

interface Known {
  readonly earlier: readonly string[];
  /** The step itself, whose answer may be missing. */
  readonly self?: string;
  readonly name?: string;
  readonly isUndo?: boolean;
}

function* checkCall(
  call: Tree,
  at: Path,
  known: Known,
  checkUpstream: CheckUpstream,
): Generator<Finding> {
  const { upstream, path, method, headers } = call;
  if (typeof upstream === 'string') yield* checkUpstream(upstream, [...at, 'upstream']);
  if (typeof path === 'string') {
    yield* checkSentPath(path, [...at, 'path']);
    if (path.includes('*')) {
      const message = '* has no meaning here: name values, such as {input.id}';
      yield { path: [...at, 'path'], message };
    }
  }
  yield* checkMethod(method, [...at, 'method']);
  for (const field of isMap(headers) ? Object.keys(headers) : []) {
    if (!OWN_FIELDS.has(field.toLowerCase())) continue;
    yield { path: [...at, 'headers', field], at: 'key', message: 'is set by the gateway itself' };
  }
  for (const [where, text] of callTemplates(call)) {
    yield* checkReferences(text, [...at, ...where], (reference) =>
      referenceFault(reference, known),
    );
  }
}

function referenceFault({ text, root, rest }: Reference, known: Known): string | undefined {
  const { earlier, self, name, isUndo = false } = known;
  if (root === 'key') {
    if (!isUndo) return `{${text}}: only an undo knows the key of its step`;
    return rest.length === 0 ? undefined : `{${text}}: the key is one text: write {key}`;
  }
  if (root === 'operation') {
    return rest.length === 1 && rest[0] === 'id' ? undefined : `{${text}}: write {operation.id}`;
  }
  if (root === 'input' || root === 'claim') {
    return rest.length > 0 ? undefined : `{${text}}: name a member, such as {${text}.id}`;
  }
  if (root === self) {
    return `{${text}} is not known if nobody knows whether the step was done: use {key}, or say undoUnknown: false`;
  }
  if (earlier.includes(root)) {
    return rest.length > 0 ? undefined : `{${text}} is a step: name a member, such as {${text}.id}`;
  }
  if (root === name) return `{${text}} refers to its own step`;
  return `{${text}}: no earlier step "${root}"${hint(root, [...ROOTS, ...earlier])}`;
}

/** What nothing undoes must be said, for it would stay when a later step fails. */
function* checkUndone(
  step: Tree,
  at: Path,
  { isLast, isCommitted }: { readonly isLast: boolean; readonly isCommitted: boolean },
): Generator<Finding> {
  if (isCommitted && isMap(step['undo'])) {
    const message = 'is never used: after a pivot nothing is undone';
    yield { path: [...at, 'undo'], at: 'key', message, severity: 'warning' };
  }
  if (step['undo'] !== undefined || isLast || isCommitted || !isMap(step['call'])) return;
  const message = 'has no "undo": say how it is undone when a later step fails, or undo: none';
  yield { path: at, at: 'key', message };
}
