/**
 * What changes between two configs, and for whom: risks first, then routes, requests that go to another route, keys, and
 * what upstreams lose.
 */
import { isDeepStrictEqual } from 'node:util';
import { madeBy } from '../actions/action.ts';
import type { GatewayModules } from '../assembly/modules.ts';
import { audit, auditRules } from '../config/audit/audit.ts';
import { isOpen } from '../config/authentication.ts';
import type { RouteConfig } from '../config/build/config.ts';
import { formatPath } from '../config/fault.ts';
import type { Loaded } from '../config/load.ts';
import { Slices } from '../core/slices.ts';
import type { Published } from '../gateway.ts';
import { formatMatch } from '../routes/format-match.ts';
import { restartRequired } from '../running/restart-required.ts';
import { lossesOf } from '../upstream/what-lives-on.ts';
import { type KeyChange, keyChanges } from './changes.ts';
import { documentRisks } from './document-risks.ts';
import { settingsLoosened } from './loosenings.ts';
import { moduleRisks } from './module-risks.ts';
import { type FoundRisk, placedRisks, type Risk } from './risk.ts';
import { routeRisks } from './route-risks.ts';
import { sagaRisks } from './saga-risks.ts';
import { serverRisks } from './server-risks.ts';
import { type Place, Side } from './side.ts';
import { type Move, movesBetween } from './traffic.ts';
import { upstreamRisks } from './upstream-risks.ts';

export interface RouteChange {
  readonly route: string;
  readonly match: readonly string[];
  readonly action: string;
  /** Anonymous clients are admitted. */
  readonly open: boolean;
  readonly place: Place;
}

export interface UpstreamChange {
  readonly upstream: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What of its state does not live on: `new sockets`. */
  readonly loses: readonly string[];
  readonly place: Place;
}

export interface Diff {
  readonly risks: readonly Risk[];
  readonly added: readonly RouteChange[];
  readonly removed: readonly RouteChange[];
  /** Requests that went to one route and go to another. */
  readonly moved: readonly {
    readonly from: string;
    readonly to: string;
    readonly sample?: string;
  }[];
  readonly changed: readonly KeyChange[];
  readonly upstreams: readonly UpstreamChange[];
  /** Keys that a reload cannot apply. */
  readonly restart: readonly string[];
}

/** Rules of `portico diff`, besides those of `portico audit`. */
export const DIFF_RULES = [
  'auth-removed',
  'guard-bypassed',
  'admin-token-removed',
  'loosened',
  'plugin-changed',
  'code-changed',
  'tls-weakened',
  'addresses-believed',
  'server-exposed',
  'listener-added',
  'fields-freed',
  'open-route-widened',
  'limit-removed',
  'limit-raised',
  'paths-loosened',
  'saga-weakened',
  'operation-withdrawn',
  'operation-published',
] as const;

/** Every rule that may be ignored. */
export const rulesOf = (
  modules: Pick<GatewayModules, 'plugins' | 'actions'>,
): readonly string[] => [...DIFF_RULES, ...auditRules(modules).keys()];

/** A config, and what its documents tell. */
export interface Compared extends Loaded<GatewayModules> {
  readonly published: Published;
}

export async function diffOf(
  before: Compared,
  after: Compared,
  ignored: ReadonlySet<string>,
): Promise<Diff> {
  const [old, now] = [await Side.of(before), await Side.of(after)];
  const moves = await allMoves(old, now);
  const found = [
    ...(await allRisks(old, now, moves)),
    ...documentRisks(before.published, after.published),
  ];
  const kept = found.filter(({ rule }) => !ignored.has(rule));
  return {
    risks: placedRisks(kept, old, now),
    added: missing(now, old),
    removed: missing(old, now),
    moved: moves.map(({ from, to, ...sample }) => ({ from: from.name, to: to.name, ...sample })),
    changed: keyChanges(old, now),
    upstreams: upstreamChanges(old, now),
    restart: restartRequired(old.config, now.config),
  };
}

/** There may be ten thousand routes, and other work must get its turn. */
async function allMoves(old: Side, now: Side): Promise<readonly Move[]> {
  const moves: Move[] = [];
  const slices = new Slices();
  for (const move of movesBetween(old.config.routes, now.config.routes)) {
    if (move === undefined) await slices.pause();
    else moves.push(move);
  }
  return moves;
}

async function allRisks(old: Side, now: Side, moves: readonly Move[]): Promise<FoundRisk[]> {
  const settings = [...settingsLoosened(old, now)].map((each) => ({
    ...each,
    path: ['plugins', ...each.path],
  }));
  const found = [
    ...routeRisks(old, now, moves),
    ...serverRisks(old.config, now.config),
    ...settings,
    ...(await moduleRisks(old, now)),
    ...upstreamRisks(old, now),
    ...sagaRisks(old, now),
  ];
  return [...found, ...newFindings(old, now, found)];
}

/** What an audit finds that it did not find before. */
function newFindings(old: Side, now: Side, found: readonly FoundRisk[]): FoundRisk[] {
  const key = ({ rule, path }: Pick<FoundRisk, 'rule' | 'path'>): string =>
    `${rule} ${formatPath(path)}`;
  const known = new Set(audit(old.config, old.modules).map(key));
  const told = new Set(found.map(({ path }) => formatPath(path.slice(0, 3))));
  const lost = new Set(
    found
      .filter(({ rule }) => rule === 'auth-removed')
      .map(({ path }) => formatPath(path.slice(0, 2))),
  );
  return audit(now.config, now.modules).filter((finding) => {
    const path = formatPath(finding.path);
    if (known.has(key(finding)) || told.has(path)) return false;
    return !(finding.rule === 'route-without-auth' && lost.has(path));
  });
}

/** The routes of `side` that `other` does not have. */
function missing(side: Side, other: Side): readonly RouteChange[] {
  const names = new Set(other.config.routes.map(({ name }) => name));
  return side.config.routes
    .filter(({ name }) => !names.has(name))
    .map((route) => routeChange(route, side));
}

function routeChange(route: RouteConfig, side: Side): RouteChange {
  const { name, matches, action } = route;
  return {
    route: name,
    match: matches.map(formatMatch),
    action: madeBy(side.modules.actions, action).describe(action),
    open: isOpen(route, side.modules),
    place: side.placeOf(['routes', name]),
  };
}

function upstreamChanges(old: Side, now: Side): readonly UpstreamChange[] {
  const names = new Set([old, now].flatMap(({ config }) => Object.keys(config.upstreams)));
  return [...names].flatMap((upstream): UpstreamChange[] => {
    const [before, after] = [old, now].map(({ config }) => config.upstreams[upstream]);
    const path = ['upstreams', upstream];
    if (before === undefined) {
      return [{ upstream, change: 'added', loses: [], place: now.placeOf(path) }];
    }
    if (after === undefined) {
      return [
        { upstream, change: 'removed', loses: ['all of its state'], place: old.placeOf(path) },
      ];
    }
    if (isDeepStrictEqual(before, after)) return [];
    const loses = [...lossesOf(before, after)];
    return [{ upstream, change: 'changed', loses, place: now.placeOf(path) }];
  });
}
