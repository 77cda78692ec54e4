/** Which routes `portico routes` keeps. */
import { isServed } from '../../edge/methods.ts';
import type { GatewayModules } from '../../assembly/modules.ts';
import type { Config, MatchConfig } from '../../config/build/config.ts';
import { hint } from '../../config/check/suggest.ts';
import { canonicalText } from '../../config/schema/path-pattern.ts';
import { canonicalHost, hostName } from '../../core/canonical-host.ts';
import { Matcher } from '../../routes/matcher.ts';
import type { RouteList } from './listed-routes.ts';

export interface RouteFilter {
  /** A name, or a pattern with `*` and `?`. */
  readonly name?: string;
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly upstream?: string;
  readonly plugin?: string;
  readonly owner?: string;
  readonly withoutAuth: boolean;
}

type Test = (each: RouteList) => boolean;

/**
 * A test of all that `filter` asks for.
 *
 * @throws {RangeError} for a name that does not exist, and for what no request can have
 */
export function routeFilter(filter: RouteFilter, config: Config, modules: GatewayModules): Test {
  const { name, upstream, plugin, owner, withoutAuth } = filter;
  const tests: Test[] = [requestTest(filter)];
  if (name !== undefined) tests.push(nameTest(name, config));
  if (upstream !== undefined) {
    mustExist('upstream', upstream, Object.keys(config.upstreams));
    tests.push(({ listed }) => listed.upstreams.includes(upstream));
  }
  if (plugin !== undefined) {
    mustExist('plugin', plugin, [...modules.plugins.keys()]);
    tests.push(({ listed }) => listed.plugins.includes(plugin));
  }
  if (owner !== undefined) {
    const owners = new Set(config.routes.flatMap((route) => route.owner ?? []));
    mustExist('owner', owner, [...owners]);
    tests.push(({ listed }) => listed.owner === owner);
  }
  if (withoutAuth) tests.push(({ listed }) => listed.open);
  return (each) => tests.every((test) => test(each));
}

function mustExist(what: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw new RangeError(`no ${what} "${name}"${hint(name, known)}`);
}

function nameTest(name: string, { routes }: Config): Test {
  if (!/[*?]/.test(name)) {
    mustExist(
      'route',
      name,
      routes.map((route) => route.name),
    );
  }
  const pattern = name
    .replaceAll(/[^\w*?]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${pattern}$`, 's');
  return ({ route }) => whole.test(route.name);
}

/** Asks the matcher that serves; what the filter leaves open, any request may have. */
function requestTest({ host, path, method }: RouteFilter): Test {
  if (host === undefined && path === undefined && method === undefined) return () => true;
  const request = {
    method: methodOf(method),
    path: pathOf(path),
    query: '',
    host: hostOf(host),
    headers: {},
    rawHeaders: [],
  };
  const asked = (match: MatchConfig): MatchConfig => ({
    ...(path !== undefined && match.path && { path: match.path }),
    ...(path !== undefined && match.pathRegex !== undefined && { pathRegex: match.pathRegex }),
    ...(method !== undefined && match.methods && { methods: match.methods }),
    ...(host !== undefined && match.hosts && { hosts: match.hosts }),
    headers: [],
    cookies: [],
    query: [],
  });
  return ({ route, matched }) =>
    new Matcher([{ ...route, matches: [asked(matched)] }]).find(request).kind === 'match';
}

function methodOf(method = 'GET'): string {
  const upper = method.toUpperCase();
  if (isServed(upper)) return upper;
  throw new RangeError(`--method ${method}: no route can serve it`);
}

function pathOf(path = '/'): string {
  if (!path.startsWith('/')) throw new RangeError(`--path ${path}: a path starts with /`);
  if (/[?#]/.test(path)) throw new RangeError(`--path ${path}: give the path alone`);
  try {
    return canonicalText(path);
  } catch (error) {
    throw new RangeError(`--path ${path}: ${(error as Error).message}`, { cause: error });
  }
}

function hostOf(host = 'localhost'): string {
  const canonical = canonicalHost(host);
  if (canonical !== undefined) return hostName(canonical);
  throw new RangeError(`--host ${host}: it is a name such as shop.example.com`);
}
