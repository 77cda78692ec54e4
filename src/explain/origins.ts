/**
 * The values that apply to a request, each with the file and line where it is written. Values from outside,
 * and those that are secrets, have only their place.
 */
import type { From, Origin } from '../config/build/provenance.ts';
import { formatPath, type Path } from '../config/fault.ts';
import { isMap } from '../config/yaml/tree.ts';

export interface ValueOrigin {
  /** As faults write it: `routes.orders.rateLimit.max`. */
  readonly path: string;
  /** Absent where it is not told. */
  readonly value?: unknown;
  readonly from: From;
  readonly file?: string;
  readonly line?: number;
}

export type OriginOf = (path: Path) => Origin | undefined;

const MOST_VALUES = 300;

/** Keys that a route may have instead of its upstreams: told with those unless it has them. */
const OVERRIDING: ReadonlySet<unknown> = new Set(['deadline', 'timeout', 'idleTimeout', 'retry']);

const isOfUpstream = ([section, , key]: Path, { from }: Origin): boolean =>
  section === 'routes' && OVERRIDING.has(key) && from !== 'route';

/** The values at `paths` and below; the first few hundred of more. */
export function valuesAt(paths: readonly Path[], originOf: OriginOf): readonly ValueOrigin[] {
  const values: ValueOrigin[] = [];
  const add = (path: Path): void => {
    const origin = values.length < MOST_VALUES ? originOf(path) : undefined;
    if (origin === undefined || isOfUpstream(path, origin)) return;
    const below = origin.keys ?? keysOf(origin.value);
    if (below.length === 0) values.push(placed(path, origin, originOf));
    else for (const key of below) add([...path, key]);
  };
  for (const path of paths) add(path);
  return values;
}

/** What may be one or several may be written without an index: then its place has none either. */
function placed(path: Path, origin: Origin, originOf: OriginOf): ValueOrigin {
  const shorter = path.filter((part) => part !== 0);
  const isIndexed = shorter.length < path.length && origin.file === undefined;
  const other = isIndexed ? originOf(shorter) : undefined;
  const { keys: _keys, ...told } = other ?? origin;
  return { path: formatPath(other === undefined ? path : shorter), ...told };
}

/** Of what holds other values. A list of plain values is one value. */
function keysOf(value: unknown): readonly (string | number)[] {
  if (isMap(value)) return isPlain(value) ? Object.keys(value) : [];
  return Array.isArray(value) && value.some(isMap) ? [...value.keys()] : [];
}

/** What a schema has made of a value may be an object of a class of ours. */
const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Keys of a route besides its action and plugins. */
const ROUTE_KEYS = [
  'priority',
  'owner',
  'deadline',
  'timeout',
  'idleTimeout',
  'retry',
  'bulkhead',
  'limits',
];

const UPSTREAM_KEYS = [
  'balance',
  'host',
  'deadline',
  'retry',
  'breaker',
  'bulkhead',
  'sockets',
  'timeout',
  'connectTimeout',
  'idleTimeout',
  'outlier',
  'health',
];

export interface Applying {
  readonly route: string;
  /** The keys of its action. */
  readonly action: readonly string[];
  readonly plugins: readonly string[];
  readonly upstreams: readonly string[];
}

/** The paths of the values that apply to a request of a route. */
export const pathsOf = ({ route, action, plugins, upstreams }: Applying): Path[] => [
  ...[...action, ...ROUTE_KEYS, ...plugins].map((key) => ['routes', route, key]),
  ...upstreams.flatMap((name) => UPSTREAM_KEYS.map((key) => ['upstreams', name, key])),
];
