/** Shapes and places of parts that cannot work: paths that lead nowhere, two parts in one place. */
import type { Finding, Path } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { DANGEROUS_KEYS } from '../core/json-scan.ts';
import { type MemberStep, parseMemberPath } from '../core/member-path.ts';
import { parseValuePath } from '../core/value-path.ts';
import { shapeKeys } from './aggregate-shape-schema.ts';
import { errorPlace } from './aggregate-detail.ts';
import { fieldTree, type FieldTree } from '../routes/shape/field-tree.ts';

/** Of a part or of its fallback, at `at`. */
export function* checkShape(part: Tree, at: Path): Generator<Finding> {
  yield* checkFlatten(part['flatten'], [...at, 'flatten']);
  for (const key of ['unwrap', 'pick', 'omit', 'rename'] as const) {
    for (const [where, text] of pathsOf(part[key], [...at, key])) {
      yield* checkPath(key, text, where);
    }
  }
  yield* checkRename(part['rename'], [...at, 'rename']);
  yield* checkName(part['collection'], [...at, 'collection']);
  if (part['type'] !== 'text') return;
  for (const key of Object.keys(shapeKeys).filter((each) => part[each] !== undefined)) {
    yield {
      path: [...at, key],
      at: 'key',
      message: 'has nothing to work on: the answer is a text',
    };
  }
}

/** All texts under a key: one, a list, or the keys of a map. */
function pathsOf(value: unknown, at: Path): readonly (readonly [Path, string])[] {
  if (typeof value === 'string') return [[at, value]];
  if (Array.isArray(value)) {
    return value.flatMap((text, i) => (typeof text === 'string' ? [[[...at, i], text]] : []));
  }
  return isMap(value) ? Object.keys(value).map((text) => [[...at, text], text]) : [];
}

function* checkPath(key: string, text: string, path: Path): Generator<Finding> {
  const steps = stepsOf(text);
  if (steps === undefined) return;
  const at = key === 'rename' ? 'key' : 'value';
  if (steps.some((step) => DANGEROUS_KEYS.has(step as string))) {
    yield { path, at, message: `"${text}" names a field that no answer has once it is read` };
  } else if (key === 'rename' && typeof steps.at(-1) !== 'string') {
    const message = `"${text}" does not end in a name: there is nothing to rename`;
    yield { path, at, message };
  } else if ((key === 'pick' || key === 'omit') && steps.every((step) => !isField(step))) {
    const message = `"${text}" means every member, whatever it is: name a field, as in "[].id"`;
    yield { path, at, message };
  }
}

const isField = (step: MemberStep): boolean => typeof step === 'string' || step.description === '*';

/** `undefined` for what is no path, which the schema reports. */
function stepsOf(text: string): readonly MemberStep[] | undefined {
  try {
    return parseMemberPath(text);
  } catch {
    return undefined;
  }
}

function* checkFlatten(lists: unknown, at: Path): Generator<Finding> {
  if (!isMap(lists)) return;
  for (const [name, paths] of Object.entries(lists)) {
    const path = [...at, name];
    yield* checkName(name, path, 'key');
    for (const [where, text] of pathsOf(paths, path)) yield* checkPath('flatten', text, where);
  }
}

function* checkName(name: unknown, path: Path, at: 'key' | 'value' = 'value'): Generator<Finding> {
  if (!DANGEROUS_KEYS.has(name as string)) return;
  yield { path, at, message: `"${String(name)}" is not a safe name` };
}

function* checkRename(names: unknown, at: Path): Generator<Finding> {
  if (!isMap(names)) return;
  for (const [from, to] of Object.entries(names)) yield* checkName(to, [...at, from]);
  const leaves = Object.keys(names).flatMap((from) => {
    const steps = stepsOf(from);
    return steps === undefined ? [] : [[steps, from] as const];
  });
  yield* checkTwice(fieldTree(leaves), names, at);
}

/** Two fields of one object that get the same name. */
function* checkTwice(tree: FieldTree<string>, names: Tree, at: Path): Generator<Finding> {
  const givenBy = new Map<unknown, string>();
  for (const { end } of tree.names.values()) {
    if (end === undefined) continue;
    const first = givenBy.get(names[end]);
    if (first === undefined) givenBy.set(names[end], end);
    else {
      const message = `"${String(names[end])}" is the new name of "${first}" already`;
      yield { path: [...at, end], message };
    }
  }
  for (const below of tree.names.values()) yield* checkTwice(below, names, at);
  if (tree.every !== undefined) yield* checkTwice(tree.every, names, at);
}

/** Where the parts of one aggregate stand. */
export function* checkPlaces(parts: Tree, path: Path): Generator<Finding> {
  const places: Place[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part)) continue;
    const at = [...path, name];
    const isSpread = part['spread'] === true;
    if (isSpread) yield* checkSpread(part, at);
    const names = isSpread ? [name] : placeOfWritten(name, part['as']);
    if (names !== undefined && part['onError'] === 'detail') {
      const other = places.find((place) => isWithin(place.names, errorPlace(names)));
      if (other === undefined)
        places.push({ part: name, names: errorPlace(names), isOfErrors: true });
      else yield { path: [...at, 'onError'], message: taken(errorPlace(names), other) };
    }
    if (isSpread) continue;
    if (names === undefined) continue;
    const where: Path = part['as'] === undefined ? at : [...at, 'as'];
    if (names.some((each) => DANGEROUS_KEYS.has(each))) {
      yield { path: where, message: `"${names.join('.')}" is not a safe name` };
      continue;
    }
    const other = places.find((place) => isWithin(place.names, names));
    if (other === undefined) places.push({ part: name, names });
    else yield { path: where, message: taken(names, other) };
  }
  yield* checkSpreadFields(parts, places, path);
}

interface Place {
  readonly part: string;
  readonly names: readonly string[];
  readonly isOfErrors?: true;
}

/** `undefined` for what is no path, which the schema reports. */
function placeOfWritten(name: string, as: unknown): readonly string[] | undefined {
  if (as === undefined) return [name];
  try {
    return parseValuePath(as as string);
  } catch {
    return undefined;
  }
}

/** Is one of the places the other, or in it? */
const isWithin = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((name, i) => b[i] === name) ||
  b.slice(0, a.length).every((name, i) => a[i] === name);

function taken(names: readonly string[], { part, names: theirs, isOfErrors }: Place): string {
  const whose = isOfErrors ? 'the errors of part' : 'part';
  const place = `"${theirs.join('.')}" is the place of ${whose} "${part}"`;
  return theirs.length === names.length
    ? `${place} already`
    : `${place}, and one cannot be in the other`;
}

function* checkSpread(part: Tree, at: Path): Generator<Finding> {
  if (part['as'] !== undefined) {
    const message =
      'cannot be combined with "spread", which puts the fields into the response itself';
    yield { path: [...at, 'as'], at: 'key', message };
  }
  const { default: instead, type } = part;
  if ((type === 'text' || type === 'rss') && part['collection'] === undefined) {
    const what = type === 'text' ? 'a text' : 'a list: give it "collection"';
    yield {
      path: [...at, 'spread'],
      at: 'key',
      message: `needs an object, and the answer is ${what}`,
    };
  }
  if (instead !== undefined && instead !== null && !isMap(instead)) {
    yield {
      path: [...at, 'default'],
      message: 'must be a map of fields, because the part is spread',
    };
  }
}

/** Fields that are spread into the place of a part, or by two parts, as far as this is known before any answer. */
function* checkSpreadFields(parts: Tree, places: readonly Place[], path: Path): Generator<Finding> {
  const owners = new Map(places.map(({ part, names }) => [names[0]!, part]));
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part) || part['spread'] !== true) continue;
    for (const field of fieldsOf(part)) {
      const owner = owners.get(field);
      if (owner === undefined) owners.set(field, name);
      else if (owner !== name) {
        const message = `puts "${field}" into the response, where part "${owner}" puts its own`;
        yield { path: [...path, name, 'spread'], message };
      }
    }
  }
}

/** The fields at the top of what a part shows, as far as its shape tells. */
function fieldsOf({ pick, omit, rename, collection }: Tree): readonly string[] {
  if (typeof collection === 'string') return [collection];
  const picked = firstsOf(pathsOf(pick, []), false);
  const gone = new Set(firstsOf(pathsOf(omit, []), true));
  const renamed = isMap(rename) ? rename : {};
  return picked
    .filter((field) => !gone.has(field))
    .map((field) => (typeof renamed[field] === 'string' ? renamed[field] : field));
}

/** The fields at the top that the paths begin with, or are. */
function firstsOf(
  paths: readonly (readonly [Path, string])[],
  isWhole: boolean,
): readonly string[] {
  return paths.flatMap(([, text]) => {
    const [first, ...rest] = stepsOf(text) ?? [];
    return typeof first === 'string' && (!isWhole || rest.length === 0) ? [first] : [];
  });
}
