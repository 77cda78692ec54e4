/**
 * As much of kustomize as the folders of deploy/kubernetes use: resources, components, images, namespace, files as
 * ConfigMaps, patches. Anything else in a kustomization is an error, so that nothing is left out unseen;
 * kustomize.test.ts compares with the real one where there is one.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Json, JsonObject, Manifest } from './manifests.ts';

interface Generator {
  readonly name: string;
  readonly behavior?: 'merge';
  readonly files: readonly string[];
  readonly options: { readonly disableNameSuffixHash: true };
}

interface Image {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
}

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly images?: readonly Image[];
  readonly configMapGenerator?: readonly Generator[];
  readonly patches?: readonly { readonly path: string }[];
}

const KNOWN: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'namespace',
  'resources',
  'components',
  'images',
  'configMapGenerator',
  'patches',
]);

export const documentsOf = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as Manifest);

/** Everything that `folder` brings, in no order that means anything. `base`: what a component is added to. */
export function kustomize(folder: string, base: readonly Manifest[] = []): Manifest[] {
  const it = readKustomization(folder);
  const own = (it.resources ?? []).flatMap((each) => resourcesAt(join(folder, each)));
  let all = [...base, ...own];
  for (const each of it.components ?? []) all = kustomize(join(folder, each), all);
  for (const each of it.configMapGenerator ?? []) all = withConfigMap(all, folder, each);
  for (const { path } of it.patches ?? []) {
    for (const patch of documentsOf(join(folder, path))) all = patched(all, patch);
  }
  for (const image of it.images ?? []) all = all.map((each) => withImage(each, image) as Manifest);
  const { namespace } = it;
  return namespace === undefined ? all : all.map((each) => inNamespace(each, namespace));
}

/** The kustomization of `folder`, and every file that it and those below it name. */
export function filesOf(folder: string): string[] {
  const it = readKustomization(folder);
  const texts = [
    ...(it.configMapGenerator ?? []).flatMap(({ files }) => files),
    ...(it.patches ?? []).map(({ path }) => path),
  ];
  const further = [...(it.resources ?? []), ...(it.components ?? [])]
    .map((each) => join(folder, each))
    .flatMap((each) => (statSync(each).isDirectory() ? filesOf(each) : [each]));
  return [
    join(folder, 'kustomization.yaml'),
    ...texts.map((each) => join(folder, each)),
    ...further,
  ];
}

function readKustomization(folder: string): Kustomization {
  const it = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as JsonObject;
  const unknown = Object.keys(it).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`${folder}: the tests do not know ${unknown.join(', ')}`);
  return it;
}

const resourcesAt = (path: string): Manifest[] =>
  statSync(path).isDirectory() ? kustomize(path) : documentsOf(path);

const isSame = (a: Manifest, b: Manifest): boolean =>
  a.kind === b.kind && a.metadata.name === b.metadata.name;

function withConfigMap(all: readonly Manifest[], folder: string, generator: Generator): Manifest[] {
  const texts = generator.files.map((file) => [
    basename(file),
    readFileSync(join(folder, file), 'utf8'),
  ]);
  const made: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: generator.name },
    data: Object.fromEntries(texts) as JsonObject,
  };
  return generator.behavior === 'merge' ? patched(all, made) : [...all, made];
}

function patched(all: readonly Manifest[], patch: Manifest): Manifest[] {
  if (!all.some((each) => isSame(each, patch))) {
    throw new Error(`no ${patch.kind} ${patch.metadata.name} to patch`);
  }
  return all.map((each) => (isSame(each, patch) ? (merged(each, patch) as Manifest) : each));
}

/** A strategic merge: lists of things with names are merged by these. */
function merged(under: Json | undefined, over: Json): Json {
  if (Array.isArray(over)) return mergedLists(Array.isArray(under) ? under : [], over);
  if (!isObject(over)) return over;
  const result: Record<string, Json> = { ...(isObject(under) ? under : {}) };
  for (const [key, value] of Object.entries(over)) result[key] = merged(result[key], value);
  return result;
}

function mergedLists(under: readonly Json[], over: readonly Json[]): Json {
  const nameOf = (each: Json): Json | undefined => (isObject(each) ? each['name'] : undefined);
  const names = over.map(nameOf);
  if (names.includes(undefined)) return over;
  const kept = under.filter((each) => !names.includes(nameOf(each)));
  const patches = over.map((each) =>
    merged(
      under.find((other) => nameOf(other) === nameOf(each)),
      each,
    ),
  );
  return [...patches, ...kept];
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Replaces the image of that name, wherever a container has it. */
function withImage(at: Json, image: Image): Json {
  if (Array.isArray(at)) return at.map((each: Json) => withImage(each, image));
  if (!isObject(at)) return at;
  return Object.fromEntries(
    Object.entries(at).map(([key, value]) => {
      const isIts = key === 'image' && JSON.stringify(value).startsWith(`"${image.name}:`);
      return [key, isIts ? `${image.newName}:${image.newTag}` : withImage(value, image)];
    }),
  );
}

const inNamespace = (manifest: Manifest, namespace: string): Manifest =>
  manifest.kind === 'Namespace'
    ? manifest
    : { ...manifest, metadata: { ...manifest.metadata, namespace } };
