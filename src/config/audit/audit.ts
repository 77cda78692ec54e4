/**
 * Finds what is risky in a valid config: not wrong, but seldom intended.
 *
 * Each rule has an id, so that a team can agree on which ones to ignore. The gateway's own rules
 * know no plugin by name: plugins bring their own rules.
 */
import { AUDIT_RULES, PLUGIN_RULES_BEFORE } from './rules.ts';
import type { ActionConfig } from '../actions.ts';
import type { Config } from '../build/config.ts';
import type { Path } from '../fault.ts';
import { type KnownNames, knownNames, type Modules } from '../modules.ts';

/** Worst first. */
export const SEVERITIES = ['high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Where a rule is broken, and what to do. */
export interface Risk {
  readonly path: Path;
  readonly message: string;
}

/** A risk that a plugin or an action finds; its path starts below the plugin's key, or the route. */
export interface PluginRisk extends Risk {
  readonly rule: string;
}

export interface AuditRule {
  /** Stable across versions. */
  readonly id: string;
  readonly severity: Severity;
  readonly find: (config: Config, subject: AuditSubject) => Iterable<Risk>;
}

/** What rules may ask about plugins, without knowing any. */
export interface AuditSubject {
  /** Whether a route's action lets clients reach upstreams. */
  readonly callsUpstreams: (action: ActionConfig) => boolean;
  readonly plugins: Modules['plugins'];
  readonly known: KnownNames;
}

export interface AuditFinding extends Risk {
  readonly rule: string;
  readonly severity: Severity;
}

/** All rules, the gateway's and those of plugins and actions: each id with its severity, the worst first. */
export function auditRules({
  plugins,
  actions,
}: Pick<Modules, 'plugins' | 'actions'>): Map<string, Severity> {
  const own = AUDIT_RULES.map(({ id, severity }) => [id, severity] as const);
  const ofPlugins = byName(plugins).flatMap(([, { risks }]) => Object.entries(risks?.rules ?? {}));
  const ofActions = actions.flatMap(({ risks }) => Object.entries(risks?.rules ?? {}));
  const all = [...own.toSpliced(SLOT, 0, ...ofPlugins), ...ofActions];
  return new Map(bySeverity(all, ([, severity]) => severity));
}

/**
 * Every risk of `config`, the worst first; without the rules that `ignored` names.
 *
 * @param now milliseconds since 1970: what is risky may be so from a time on
 */
export function audit(
  config: Config,
  modules: Modules,
  ignored: ReadonlySet<string> = new Set(),
  now: number = Date.now(),
): AuditFinding[] {
  const { plugins, actions } = modules;
  const calling = new Set(actions.flatMap((each) => (each.callsUpstreams ? each.kind : [])));
  const callsUpstreams = ({ kind }: ActionConfig): boolean => calling.has(kind);
  const known = knownNames(modules, Object.entries(config.upstreams), config.store);
  const found = (rules: readonly AuditRule[]): AuditFinding[] =>
    rules.flatMap(({ id, severity, find }) =>
      [...find(config, { plugins, known, callsUpstreams })].map((risk) => ({
        rule: id,
        severity,
        ...risk,
      })),
    );
  const all = [
    ...found(AUDIT_RULES.slice(0, SLOT)),
    ...pluginRisks(config, { plugins, known }, now),
    ...found(AUDIT_RULES.slice(SLOT)),
    ...actionRisks(config, modules, now),
  ];
  return bySeverity(
    all.filter(({ rule }) => !ignored.has(rule)),
    ({ severity }) => severity,
  );
}

/** Where the rules of plugins go among the gateway's own. */
const SLOT = AUDIT_RULES.findIndex(({ id }) => id === PLUGIN_RULES_BEFORE);

const bySeverity = <T>(list: readonly T[], severityOf: (each: T) => Severity): T[] =>
  list.toSorted((a, b) => SEVERITIES.indexOf(severityOf(a)) - SEVERITIES.indexOf(severityOf(b)));

/** Settings first, then routes; plugins sorted by name. */
function* pluginRisks(
  config: Config,
  { plugins, known }: Pick<AuditSubject, 'plugins' | 'known'>,
  now: number,
): Generator<AuditFinding> {
  for (const [name, { risks }] of byName(plugins)) {
    const settings = config.plugins[name];
    if (risks === undefined || settings === undefined) continue;
    const found = risks.ofSettings?.(settings) ?? [];
    yield* placed(found, ['plugins', name], risks.rules);
  }
  for (const [name, { risks, settings: schema }] of byName(plugins)) {
    if (risks === undefined) continue;
    const settings = config.plugins[name] ?? schema.parse({});
    for (const { name: route, plugins: on } of config.routes) {
      if (on[name] === undefined) continue;
      const others = new Map(Object.entries(on));
      const found = risks.ofOptions?.(on[name], others, known, now, settings) ?? [];
      yield* placed(found, ['routes', route, name], risks.rules);
    }
  }
}

function* actionRisks(
  { routes }: Config,
  { actions }: Modules,
  now: number,
): Generator<AuditFinding> {
  for (const { name, action } of routes) {
    const risks = actions.find(({ kind }) => kind === action.kind)?.risks;
    if (risks !== undefined) yield* placed(risks.find(action, now), ['routes', name], risks.rules);
  }
}

const byName = <T>(plugins: ReadonlyMap<string, T>): (readonly [string, T])[] =>
  [...plugins].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The risks that a plugin or an action finds below `path`. */
function* placed(
  found: Iterable<PluginRisk>,
  path: Path,
  rules: Readonly<Record<string, Severity>>,
): Generator<AuditFinding> {
  for (const risk of found) {
    const severity = rules[risk.rule] ?? 'low';
    yield { ...risk, severity, path: [...path, ...risk.path] };
  }
}
