/**
 * Where a value of the config comes from: the route's or upstream's own key, a default, or a built-in value.
 *
 * It is worked out on demand, from the tree as it was written; nothing is kept for it, and requests pay
 * nothing. Values from the environment or a file, and values that are secrets by their name, are never shown: only
 * their place.
 */
import type { Path } from '../fault.ts';
import type { ConfigSchema } from '../schema/schema.ts';
import { UPSTREAM_DEFAULTS } from '../schema/upstream.ts';
import { holdsSecret, isSecretPart } from './secret-values.ts';
import type { Source } from '../yaml/source.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { defined } from './upstream.ts';

/** Whose word a value is; `config` is that of a section that has no defaults, such as `server`. */
export type From = 'route' | 'upstream' | 'default' | 'built-in' | 'config';

export interface Origin {
  /** As the gateway runs on it: durations in milliseconds, sizes in bytes. Absent where it is not told. */
  readonly value?: unknown;
  /** What is below it, where its value is not told. */
  readonly keys?: readonly (string | number)[];
  readonly from: From;
  /** Where it is written; absent where it is built in. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

export interface Subject {
  readonly source: Pick<Source, 'writtenAt'>;
  /** The whole config, as it was parsed. */
  readonly tree: Tree;
  readonly schema: ConfigSchema;
  readonly plugins: Pick<ReadonlyMap<string, unknown>, 'has'>;
}

/** The origin of the value at `path`; `undefined` where the config has none. */
export function originOf(subject: Subject, path: Path): Origin | undefined {
  const [section, name, key] = path;
  if (section === 'upstreams' && key !== undefined) return ofUpstream(subject, path);
  if (section === 'routes' && key !== undefined) return ofRoute(subject, path);
  if (section === undefined || !Object.hasOwn(subject.schema.shape, section)) return undefined;
  const from = FROM[section] ?? 'config';
  if (name === undefined || from === 'config' || from === 'default') {
    const all = subject.schema.shape[section as keyof ConfigSchema['shape']];
    const { data } = all.safeParse(subject.tree[section]);
    return told(subject, { from, path, written: path }, oneOrSeveralAt({ [section]: data }, path));
  }
  if (!isMap(mapOf(subject.tree[section])[name])) return undefined;
  const whole = from === 'route' ? routeOf(subject, name) : upstreamOf(subject, name);
  return told(subject, { from, path, written: path }, whole);
}

const FROM: Readonly<Record<string, From>> = {
  routes: 'route',
  upstreams: 'upstream',
  defaults: 'default',
};

const mapOf = (value: unknown): Tree => (isMap(value) ? value : {});

/** Who is asked for a key, one after the other. */
interface Layer {
  readonly from: From;
  readonly at: Path;
  readonly keys: Tree;
}

function ofUpstream(subject: Subject, path: Path): Origin | undefined {
  const [, name, key, ...below] = path as [string, string, string, ...Path];
  const own = mapOf(subject.tree['upstreams'])[name];
  if (!isMap(own)) return undefined;
  const layer = layerOf(key, [
    { from: 'upstream', at: ['upstreams', name], keys: own },
    defaultsOf(subject, 'upstreams'),
  ]);
  // As many sockets as there may be calls, unless somebody says so.
  if (layer === undefined && key === 'connections')
    return ofUpstream(subject, ['upstreams', name, 'bulkhead', 'concurrency']);
  const value = oneOrSeveralAt(upstreamOf(subject, name), [key, ...below]);
  return told(subject, placed(layer, path, [key, ...below]), value);
}

/** Keys of a route that replace an upstream's. */
const REPLACING = new Set<unknown>(['deadline', 'timeout', 'idleTimeout', 'retry']);

function ofRoute(subject: Subject, path: Path): Origin | undefined {
  const [, name, key, ...below] = path as [string, string, string, ...Path];
  const own = mapOf(subject.tree['routes'])[name];
  if (!isMap(own)) return undefined;
  const layer = layerOf(key, [
    { from: 'route', at: ['routes', name], keys: own },
    ...(subject.plugins.has(key) ? [defaultsOf(subject, 'routes')] : []),
  ]);
  const { upstream } = own;
  if (layer === undefined && REPLACING.has(key) && typeof upstream === 'string')
    return ofUpstream(subject, ['upstreams', upstream, key, ...below]);
  const isBody = key === 'limits' && below.length === 1 && below[0] === 'body';
  if (isBody && mapOf(own['limits'])['body'] === undefined)
    return originOf(subject, ['server', 'limits', 'body']);
  const value = oneOrSeveralAt(routeOf(subject, name), [key, ...below]);
  return told(subject, placed(layer, path, [key, ...below]), value);
}

const defaultsOf = ({ tree }: Subject, section: string): Layer => ({
  from: 'default',
  at: ['defaults', section],
  keys: mapOf(mapOf(tree['defaults'])[section]),
});

const layerOf = (key: string, layers: readonly Layer[]): Layer | undefined =>
  layers.find(({ keys }) => keys[key] !== undefined);

/** What a route says, with the defaults of plugins, as its schema gives it. */
function routeOf({ tree, schema }: Subject, name: string | number): unknown {
  const common = mapOf(mapOf(tree['defaults'])['routes']);
  const own = mapOf(mapOf(tree['routes'])[name]);
  return schema.shape.routes.safeParse({ [name]: { ...common, ...own } }).data?.[name];
}

/** What an upstream says, with the defaults, as its schema gives it. */
function upstreamOf({ tree, schema }: Subject, name: string | number): unknown {
  const own = schema.shape.upstreams.safeParse({ [name]: mapOf(tree['upstreams'])[name] });
  const common = schema.shape.defaults.safeParse(tree['defaults']);
  return {
    ...UPSTREAM_DEFAULTS,
    ...defined(common.data?.upstreams ?? {}),
    ...defined(own.data?.[name] ?? {}),
  };
}

interface Told {
  readonly from: From;
  /** What was asked for. */
  readonly path: Path;
  /** Where it stands, if it is written at all. */
  readonly written: Path;
}

const placed = (layer: Layer | undefined, path: Path, keys: Path): Told => ({
  from: layer?.from ?? 'built-in',
  path,
  written: layer === undefined ? path : [...layer.at, ...keys],
});

function told(subject: Subject, { from, path, written }: Told, value: unknown): Origin | undefined {
  const { isOutside, file, line } = subject.source.writtenAt(written) ?? {};
  // What the schema has made of it has other names than what is written.
  const shown = value ?? (file === undefined ? undefined : oneOrSeveralAt(subject.tree, written));
  if (shown === undefined) return undefined;
  const isSecret = path.some((_part, i) => isSecretPart(path, i, subject.plugins));
  const isTold = isOutside !== true && !isSecret && !holdsSecret(shown);
  const place = file === undefined ? { from: 'built-in' as const } : { from, file, line: line! };
  if (isTold) return { value: shown, ...place };
  const keys = isSecret ? [] : keysOf(shown);
  return keys.length === 0 ? place : { keys, ...place };
}

function keysOf(value: unknown): readonly (string | number)[] {
  if (Array.isArray(value)) return [...value.keys()];
  return isMap(value) ? Object.keys(value) : [];
}

/** The value at `path`; of what may be one or several, the only one needs no index. */
function oneOrSeveralAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => {
    const whole: unknown = Array.isArray(at) && at.length === 1 && isNaN(Number(part)) ? at[0] : at;
    const isInside = typeof whole === 'object' && whole !== null && Object.hasOwn(whole, part);
    return isInside ? (whole as Tree)[part] : undefined;
  }, value);
}
