/** What a test leaves out of its config. */
import { ACTIONS } from '../actions/index.ts';

/** A part of gateway.config.yaml, as parsed from it. */
export type Section = Readonly<Record<string, unknown>>;

export interface Given {
  readonly config: Section;
  /** Keys of a route that serves every path; absent: the routes are those of `config`. */
  readonly route: Section | undefined;
  /** Names of the upstreams that are functions. */
  readonly fakes: readonly string[];
}

/** Name of the route that serves every path. */
export const ROUTE = 'test';

/** @throws {TypeError} for a route without an action, if there is not exactly one upstream to forward to */
export function completeConfig({ config, route, fakes }: Given): Section {
  const server = withPlace((config['server'] ?? {}) as Section);
  const written = (config['upstreams'] ?? {}) as Readonly<Record<string, Section>>;
  const names = [...new Set([...Object.keys(written), ...fakes])];
  const upstreams = names.map((name) => [
    name,
    fakes.includes(name) ? withTargets(name, written[name]) : written[name],
  ]);
  const whole = { match: { path: '/*' }, ...route };
  return {
    version: 1,
    admin: false,
    telemetry: { logs: { access: false } },
    ...config,
    server,
    upstreams: Object.fromEntries(upstreams),
    ...(route && {
      routes: { ...(config['routes'] as Section), [ROUTE]: withAction(whole, names) },
    }),
  };
}

/** On a free port of loopback, where nothing else is said. */
function withPlace(server: Section): Section {
  const isPlaced = server['listeners'] !== undefined || server['socket'] !== undefined;
  return isPlaced ? server : { host: '127.0.0.1', port: 0, ...server };
}

/** What is faked is not looked up. */
function withTargets(name: string, written: Section = {}): Section {
  const { discover: _discover, ...rest } = written;
  return { targets: [`http://${name}.invalid`], ...rest };
}

function withAction(route: Section, upstreams: readonly string[]): Section {
  if (ACTIONS.some(({ key }) => key in route)) return route;
  const [upstream, ...others] = upstreams;
  if (upstream !== undefined && others.length === 0) return { ...route, upstream };
  const wanted = upstreams.length === 0 ? 'add one to `upstreams`' : 'say `route: { upstream: … }`';
  throw new TypeError(`testGateway cannot tell which upstream to forward to: ${wanted}`);
}
