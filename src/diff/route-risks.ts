/** What changes of routes admit: their plugins, their matches, and where requests go. */
import { SEVERITIES, type Severity } from '../config/audit/audit.ts';
import { isOpen } from '../config/authentication.ts';
import type { RouteConfig } from '../config/build/config.ts';
import { formatSize } from '../config/schema/units.ts';
import { covers } from '../config/check/covers.ts';
import { formatMatch } from '../routes/format-match.ts';
import { loosenings } from './loosenings.ts';
import type { FoundRisk } from './risk.ts';
import type { Side } from './side.ts';
import type { Move } from './traffic.ts';

export function* routeRisks(
  before: Side,
  after: Side,
  moves: readonly Move[],
): Generator<FoundRisk> {
  const routes = new Map(before.config.routes.map((route) => [route.name, route]));
  for (const route of after.config.routes) {
    const old = routes.get(route.name);
    if (old === undefined) continue;
    const guards = [
      { side: before, route: old },
      { side: after, route },
    ] as const;
    for (const each of loosenings(...guards)) {
      yield { ...each, path: ['routes', route.name, ...each.path] };
    }
    yield* looserAction(old, route, after);
    yield* wider(old, route, before, after);
  }
  for (const move of moves) yield* movedRisk(move, before, after);
}

/** The same action with other options; that of another one is told among the keys. */
function* looserAction(before: RouteConfig, after: RouteConfig, now: Side): Generator<FoundRisk> {
  const { name, action } = after;
  if (before.action.kind !== action.kind) return;
  const made = now.modules.actions.find(({ kind }) => kind === action.kind);
  for (const each of made?.loosened?.(before.action, action) ?? []) {
    yield { ...each, path: ['routes', name, ...each.path] };
  }
}

/** An open route that takes more requests, and bodies that may be longer. */
function* wider(
  before: RouteConfig,
  after: RouteConfig,
  old: Side,
  now: Side,
): Generator<FoundRisk> {
  const { name } = after;
  const [least, most] = [before, after].map((each) => each.bodyLimitBytes) as [number, number];
  const common = [old, now].map(({ config }) => config.server.limits.bodyBytes);
  if (most > least && !(least === common[0] && most === common[1])) {
    const message = `bodies may have ${formatSize(most)}; before, ${formatSize(least)}`;
    yield { rule: 'limit-raised', severity: 'low', path: ['routes', name, 'limits'], message };
  }
  if (!isOpen(after, now.modules) || !isOpen(before, old.modules)) return;
  const more = after.matches.filter((match) => !before.matches.some((wide) => covers(wide, match)));
  if (more.length === 0) return;
  const isCalling = now.modules.actions.some(
    ({ kind, callsUpstreams }) => kind === after.action.kind && callsUpstreams,
  );
  yield {
    rule: 'open-route-widened',
    severity: isCalling ? 'medium' : 'low',
    path: ['routes', name, 'match'],
    message: `it asks nobody who they are, and takes more: ${more.map(formatMatch).join(', ')}`,
  };
}

/** Requests that another route would have refused. */
function* movedRisk({ from, to, sample }: Move, before: Side, after: Side): Generator<FoundRisk> {
  const found = [...loosenings({ side: before, route: from }, { side: after, route: to })];
  const [worst, ...others] = found.toSorted((a, b) => rankOf(a.severity) - rankOf(b.severity));
  if (worst === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  yield {
    rule: 'guard-bypassed',
    severity: worst.severity,
    path: ['routes', to.name],
    pathBefore: ['routes', from.name],
    message: `requests ${sample === undefined ? 'may have gone' : `such as ${sample} went`} to routes.${from.name}; here, ${worst.message}${more}`,
  };
}

const rankOf = (severity: Severity): number => SEVERITIES.indexOf(severity);
