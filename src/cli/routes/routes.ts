/** `portico routes`: lists the routes of a config in the order in which they win. */
import { formatSize } from '../../config/schema/units.ts';
import { loadValid } from '../load-valid.ts';
import { table } from '../table.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { routeFilter, type RouteFilter } from './filter.ts';
import { type ListedRoute, listRoutes, type RouteList } from './listed-routes.ts';

export interface RoutesOptions extends RouteFilter {
  readonly config: string;
  readonly json: boolean;
}

export async function routes(options: RoutesOptions, terminal: Terminal): Promise<number> {
  const loaded = await loadValid(options, terminal);
  if (loaded === undefined) return EXIT.badConfig;
  const { config, modules } = loaded;
  let isKept: (each: RouteList) => boolean;
  try {
    isKept = routeFilter(options, config, modules);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    terminal.err(error.message);
    return EXIT.usage;
  }
  const kept = listRoutes(config, modules).filter(isKept);
  const listed = kept.map((each) => each.listed);
  if (options.json) terminal.out(JSON.stringify(listed, undefined, 2));
  else print(listed, config.server.limits.bodyBytes, terminal);
  return EXIT.ok;
}

/** Without the owner if no route has one. */
const columnsFor = (hasOwners: boolean) => [
  { name: 'MATCH' },
  { name: 'ROUTE' },
  ...(hasOwners ? [{ name: 'OWNER' }] : []),
  { name: 'ACTION' },
  { name: 'AUTH' },
  { name: 'LIMITS' },
  { name: 'PLACE', cut: 'start' as const },
];

function print(listed: readonly ListedRoute[], bodyLimit: number, terminal: Terminal): void {
  if (listed.length === 0) {
    terminal.err('no such route');
    return;
  }
  const hasOwners = listed.some(({ owner }) => owner !== undefined);
  const rows = listed.map((each) => [
    `${each.match}${each.priority === 0 ? '' : ` (priority ${each.priority})`}`,
    each.route,
    ...(hasOwners ? [each.owner ?? ''] : []),
    each.action,
    authText(each),
    limitsText(each, bodyLimit),
    `${each.file}:${each.line}`,
  ]);
  terminal.out(table(columnsFor(hasOwners), rows, terminal.columns).join('\n'));
}

const authText = ({ auth }: ListedRoute): string =>
  auth.map(({ plugin, optional }) => (optional ? `${plugin}?` : plugin)).join('+') || 'none';

/** A body limit is told where the route has its own. */
function limitsText({ limits, bodyLimit }: ListedRoute, common: number): string {
  const body = bodyLimit === common ? [] : [`body ${formatSize(bodyLimit)}`];
  return [...limits, ...body].join(', ') || 'none';
}
