/** What the routes of operations need of the rest of the config. */
import type { WrittenAction } from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';

const NEEDS_STORE =
  'needs "store", where operations are kept: { postgres: "${DATABASE_URL}" } or { embedded: ./data/operations }';

/** A store, and somebody who says who the client is; an operation belongs to its consumer. */
export function* checkOwned(written: WrittenAction, key: string): Generator<Finding> {
  const { config, at, unidentifying } = written;
  const path = [...at, key];
  if (config['store'] === undefined) yield { path, at: 'key', message: NEEDS_STORE };
  if (unidentifying.length === 0) return;
  const message = `needs one of ${unidentifying.join(', ')} on this route: an operation belongs to the consumer that starts it`;
  yield { path, at: 'key', message };
}

/** A route that starts operations: for methods that write, and with a place where what came of them can be read. */
export function* checkStarting(written: WrittenAction, key: string): Generator<Finding> {
  const { config, at, route } = written;
  yield* checkOwned(written, key);
  const routes = isMap(config['routes']) ? Object.values(config['routes']) : [];
  if (!routes.some((each) => isMap(each) && each['operationStatus'] !== undefined)) {
    const message =
      'needs a route with "operationStatus", where clients ask how it ended: { match: { path: /operations/* }, operationStatus: {} }';
    yield { path: [...at, key], at: 'key', message };
  }
  yield* checkMethods(route, at);
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

function* checkMethods({ match }: Tree, at: WrittenAction['at']): Generator<Finding> {
  const matches = Array.isArray(match)
    ? match.map((each, i) => [each, [i]] as const)
    : [[match, []] as const];
  for (const [each, place] of matches) {
    if (!isMap(each)) continue;
    const path = [...at, 'match', ...place];
    const { methods } = each;
    if (methods === undefined) {
      yield { path, message: 'say which methods start it, such as methods: [POST]' };
    }
    if (!Array.isArray(methods)) continue;
    for (const [i, method] of methods.entries()) {
      if (!SAFE.has(String(method))) continue;
      const message = `${String(method)} changes nothing, so it cannot start an operation`;
      yield { path: [...path, 'methods', i], message };
    }
  }
}
