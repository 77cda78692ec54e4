/** Finds what the schema of test cases cannot see. */
import { hint, nearest } from '../check/suggest.ts';
import type { Finding, Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { matcherFaults } from './matchers.ts';
import type { Reference } from './test-case.ts';

/** Keys that say something of a request. */
const OF_REQUEST = ['expect', 'calls'];

/** What is wrong with the cases of a file, whether it fits the schema or not. */
export function* caseFaults({ cases }: Tree): Generator<Finding> {
  if (!Array.isArray(cases)) return;
  const names = new Map<unknown, number>();
  for (const [i, each] of cases.entries()) {
    if (!isMap(each)) continue;
    const path = ['cases', i];
    const { name, steps } = each;
    const first = names.get(name);
    if (typeof name === 'string' && first !== undefined) {
      yield { path: [...path, 'name'], message: `is also the name of cases[${first}]` };
    }
    names.set(name, first ?? i);
    yield* formFaults(each, path);
    if (!Array.isArray(steps)) yield* bodyFaults(each, path);
    else {
      for (const [j, step] of steps.entries()) {
        if (isMap(step)) yield* stepFaults(step, [...path, 'steps', j]);
      }
    }
  }
}

function* formFaults(each: Tree, path: Path): Generator<Finding> {
  if (each['steps'] === undefined) {
    if (each['request'] === undefined && !isMisspelt(each)) {
      yield { path, message: 'needs a "request", or "steps" that have some' };
    }
    return;
  }
  for (const key of ['request', ...OF_REQUEST]) {
    if (each[key] === undefined) continue;
    const message = 'cannot be combined with "steps": each step has its own';
    yield { path: [...path, key], at: 'key', message };
  }
}

/** Is a key there that was meant to be what is missing? It is a fault already. */
const isMisspelt = (map: Tree): boolean =>
  Object.keys(map).some((key) => nearest(key, ['request', 'steps', 'wait']) !== undefined);

function* stepFaults(step: Tree, path: Path): Generator<Finding> {
  if (step['request'] !== undefined) yield* bodyFaults(step, path);
  else if (step['wait'] === undefined) {
    if (!isMisspelt(step)) yield { path, message: 'needs a "request", or a "wait"' };
  } else {
    for (const key of OF_REQUEST) {
      if (step[key] === undefined) continue;
      yield { path: [...path, key], at: 'key', message: 'needs a "request" in the same step' };
    }
  }
}

function* bodyFaults({ expect, calls }: Tree, path: Path): Generator<Finding> {
  if (isMap(expect)) yield* matcherFaults(expect['body'], [...path, 'expect', 'body']);
  if (!isMap(calls)) return;
  for (const [name, seen] of Object.entries(calls)) {
    const isListed = Array.isArray(seen);
    for (const [i, call] of (isListed ? seen : [seen]).entries()) {
      if (!isMap(call)) continue;
      const at = [...path, 'calls', name, ...(isListed ? [i] : [])];
      for (const key of ['body', 'path']) yield* matcherFaults(call[key], [...at, key]);
    }
  }
}

/** Every name in a file, which fits the schema, that must be one of the config. */
export function* referencesOf(file: Tree): Generator<Reference> {
  yield* referencesIn(file, []);
  for (const [i, each] of (file['cases'] as readonly Tree[]).entries()) {
    yield* referencesIn(each, ['cases', i]);
    for (const [j, step] of ((each['steps'] ?? []) as readonly Tree[]).entries()) {
      yield* referencesIn(step, ['cases', i, 'steps', j]);
    }
  }
}

function* referencesIn({ upstreams, calls, as, listener }: Tree, at: Path): Generator<Reference> {
  for (const [key, named] of Object.entries({ upstreams, calls })) {
    if (!isMap(named)) continue;
    for (const name of Object.keys(named)) {
      yield { kind: 'upstream', name, path: [...at, key, name] };
    }
  }
  if (isMap(as) && typeof as['via'] === 'string') {
    yield { kind: 'plugin', name: as['via'], path: [...at, 'as', 'via'] };
  }
  if (typeof listener === 'string') {
    yield { kind: 'listener', name: listener, path: [...at, 'listener'] };
  }
}

const KINDS = {
  upstream: 'upstream',
  plugin: 'plugin that identifies clients',
  listener: 'listener',
} as const;

/** References to what is not `known` by its kind. */
export function* unknownNames(
  references: readonly Reference[],
  known: Readonly<Record<Reference['kind'], readonly string[]>>,
): Generator<Finding> {
  for (const { kind, name, path } of references) {
    if (known[kind].includes(name)) continue;
    const message = `the config has no ${KINDS[kind]} "${name}"${hint(name, known[kind])}`;
    yield { path, at: kind === 'upstream' ? 'key' : 'value', message };
  }
}
