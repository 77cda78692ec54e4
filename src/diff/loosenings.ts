/**
 * What plugins on a route admit that plugins before them refused. Each plugin says so itself; of one that says
 * nothing, any change is one to look at.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Severity } from '../config/audit/audit.ts';
import { authenticationOf, isOpen } from '../config/authentication.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { Path } from '../config/fault.ts';
import type { PluginModule } from '../config/modules.ts';
import type { Side } from './side.ts';

export const RULES = {
  authRemoved: 'auth-removed',
  limitRemoved: 'limit-removed',
  loosened: 'loosened',
  changed: 'plugin-changed',
} as const;

export interface Loosened {
  readonly rule: (typeof RULES)[keyof typeof RULES];
  readonly severity: Severity;
  /** Below the route, or the plugin's settings. */
  readonly path: Path;
  readonly message: string;
}

/** A route on its side. */
export interface Guarded {
  readonly side: Side;
  readonly route: RouteConfig;
}

/** What `after` admits that `before` refused. */
export function* loosenings(before: Guarded, after: Guarded): Generator<Loosened> {
  const names = new Set([before, after].flatMap(({ route }) => Object.keys(route.plugins)));
  for (const name of names) {
    const [old, now] = [before.route.plugins[name], after.route.plugins[name]];
    if (isDeepStrictEqual(old, now)) continue;
    const plugin = (now === undefined ? before : after).side.modules.plugins.get(name);
    if (plugin === undefined) continue;
    const isAsked = plugin.identifies === true || plugin.insists === true;
    if (now === undefined && isAsked) yield removedAuth(name, before, after);
    else if (now === undefined && plugin.limits === true) yield removedLimit(name, before, after);
    else yield* changedPlugin(name, plugin, { old, now }, before, after);
  }
}

function removedAuth(name: string, before: Guarded, after: Guarded): Loosened {
  const { route, side } = after;
  const asking = authenticationOf(route, side.modules).filter(({ optional }) => !optional);
  const message = isOpen(route, side.modules)
    ? `anyone may call it: ${goneText(name, before, after)}`
    : `only ${asking.map(({ plugin }) => plugin).join(' and ')} decides who may call it: ${goneText(name, before, after)}`;
  return { rule: RULES.authRemoved, severity: 'high', path: [name], message };
}

const removedLimit = (name: string, before: Guarded, after: Guarded): Loosened => ({
  rule: RULES.limitRemoved,
  severity: 'medium',
  path: [name],
  message: `clients may send any number of requests: ${goneText(name, before, after)}`,
});

/** Another route never had it. */
const goneText = (name: string, before: Guarded, after: Guarded): string =>
  before.route.name === after.route.name ? `${name} is gone` : `it has no ${name}`;

interface Options {
  readonly old: unknown;
  readonly now: unknown;
}

function* changedPlugin(
  name: string,
  plugin: PluginModule,
  { old, now }: Options,
  before: Guarded,
  after: Guarded,
): Generator<Loosened> {
  const { loosened, identifies, insists, limits } = plugin;
  if (old === undefined && identifies === true) yield* addedIdentity(name, before);
  if (loosened?.ofOptions !== undefined) {
    const others = new Map(Object.entries(after.route.plugins));
    for (const each of loosened.ofOptions(old, now, others, after.side.known)) {
      const { severity = 'medium', message } = each;
      yield { rule: RULES.loosened, severity, path: [name, ...each.path], message };
    }
  } else if (old !== undefined && [identifies, insists, limits].includes(true)) {
    const message = `${name} has changed, and does not tell what that admits: look at it`;
    yield { rule: RULES.changed, severity: 'medium', path: [name], message };
  }
}

/** Whoever insists on a known client takes the word of any plugin that identifies one. */
function* addedIdentity(name: string, { route, side }: Guarded): Generator<Loosened> {
  if (side.known.insistingOn(new Set(Object.keys(route.plugins))).length === 0) return;
  const message = `clients that only ${name} knows count as known`;
  yield { rule: RULES.loosened, severity: 'medium', path: [name], message };
}

/** What the settings of plugins admit that they refused before; paths start with the plugin's name. */
export function* settingsLoosened(before: Side, after: Side): Generator<Loosened> {
  for (const [name, plugin] of after.modules.plugins) {
    if (!before.modules.plugins.has(name)) continue;
    const [old, now] = [before, after].map((side) => side.settingsOf(name));
    if (isDeepStrictEqual(old, now)) continue;
    const { loosened, identifies, insists, limits } = plugin;
    if (loosened?.ofSettings !== undefined) {
      // The plugin's own schema has made both.
      const found = loosened.ofSettings(old as never, now as never);
      for (const { path, message, severity = 'medium' } of found) {
        yield { rule: RULES.loosened, severity, path: [name, ...path], message };
      }
    } else if (identifies === true || insists === true || limits === true) {
      const message =
        'its settings have changed, and it does not tell what that admits: look at it';
      yield { rule: RULES.changed, severity: 'medium', path: [name], message };
    }
  }
}
