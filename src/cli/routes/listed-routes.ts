/** Every match of a config's routes, in the order in which they win, with what a reader wants to know of it. */
import { madeBy } from '../../actions/action.ts';
import type { GatewayModules } from '../../assembly/modules.ts';
import { type Authentication, authenticationOf, isOpen } from '../../config/authentication.ts';
import type { Config, MatchConfig, RouteConfig } from '../../config/build/config.ts';
import { formatMatch } from '../../routes/format-match.ts';
import { inOrder } from '../../routes/precedence.ts';

/** One match of a route, as `--json` prints it: these names and their meaning stay. */
export interface ListedRoute {
  /** From 1; of two that fit a request, the smaller wins. */
  readonly rank: number;
  readonly route: string;
  /** Who answers for it; absent: the config does not say. */
  readonly owner?: string;
  readonly priority: number;
  /** `GET,POST shop.example.com/api/orders/* [header x-version]` */
  readonly match: string;
  /** Absent: any. */
  readonly methods?: readonly string[];
  readonly hosts?: readonly string[];
  /** Neither this nor `pathRegex`: any. */
  readonly path?: string;
  readonly pathRegex?: string;
  /** Names only: values may be secrets. */
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
  readonly query: readonly string[];
  /** `forward to orders` */
  readonly action: string;
  readonly upstreams: readonly string[];
  /** Plugins that identify clients, or insist on knowing them. */
  readonly auth: readonly Authentication[];
  /** Anonymous clients are admitted. */
  readonly open: boolean;
  /** Plugins that bound how often clients may ask. */
  readonly limits: readonly string[];
  /** In bytes. */
  readonly bodyLimit: number;
  /** All of them. */
  readonly plugins: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface RouteList {
  readonly listed: ListedRoute;
  readonly route: RouteConfig;
  readonly matched: MatchConfig;
}

export function listRoutes(config: Config, modules: GatewayModules): readonly RouteList[] {
  const described = new Map(config.routes.map((route) => [route, describe(route, modules)]));
  return inOrder(config.routes).map(({ route, match }, i) => ({
    route,
    matched: match,
    listed: { rank: i + 1, ...described.get(route)!, ...describeMatch(match) },
  }));
}

const describeMatch = (match: MatchConfig) => ({
  match: formatMatch(match),
  ...(match.methods && { methods: match.methods }),
  ...(match.hosts && { hosts: match.hosts }),
  ...(match.path && { path: match.path.text }),
  ...(match.pathRegex !== undefined && { pathRegex: match.pathRegex }),
  headers: match.headers.map(([name]) => name),
  cookies: match.cookies.map(([name]) => name),
  query: match.query.map(([name]) => name),
});

function describe(route: RouteConfig, modules: GatewayModules) {
  const { name, owner, priority, action, plugins, bodyLimitBytes } = route;
  const { file, line } = modules.place({ path: ['routes', name], message: '', at: 'key' });
  const made = madeBy(modules.actions, action);
  return {
    route: name,
    ...(owner !== undefined && { owner }),
    priority,
    action: made.describe(action),
    upstreams: modules.bffs.get(name)?.upstreams ?? made.upstreams(action),
    auth: authenticationOf(route, modules),
    open: isOpen(route, modules),
    limits: Object.keys(plugins).filter((each) => modules.plugins.get(each)?.limits === true),
    bodyLimit: bodyLimitBytes,
    plugins: Object.keys(plugins),
    file,
    line,
  };
}
