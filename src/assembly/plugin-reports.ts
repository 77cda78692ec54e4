/** What plugins say of what they depend on, as far as everybody may read it: short, and without secrets in URLs. */
import type { PluginState, RegisteredPlugin } from '../authoring/plugin-hooks.ts';
import { toError } from '../core/errors.ts';
import type { PluginReport } from '../observe/plugin-report.ts';

/** The most states of one plugin, and facts of one state, that are told. */
const MOST = 50;
const LONGEST_TEXT = 200;

/** A `status` that throws is a bug of the plugin, and tells so itself. */
export function pluginReports(
  plugin: string,
  { status }: Pick<RegisteredPlugin<unknown>, 'status'>,
): PluginReport[] {
  if (status === undefined) return [];
  try {
    return [...Iterator.from(status()).take(MOST)].map((state) => reportOf(plugin, state));
  } catch (error) {
    const why = short(toError(error).message);
    const lastError = { at: new Date().toISOString(), why };
    return [{ plugin, kind: 'plugin', name: plugin, ok: false, lastError, facts: {} }];
  }
}

function reportOf(
  plugin: string,
  { kind, name, isOk, since, lastError, facts = {} }: PluginState,
): PluginReport {
  return {
    plugin,
    kind: short(kind),
    name: short(withoutSecrets(name)),
    ok: isOk,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(lastError !== undefined && {
      lastError: {
        at: new Date(lastError.at).toISOString(),
        why: short(withoutSecrets(lastError.why)),
      },
    }),
    facts: Object.fromEntries(
      Object.entries(facts)
        .slice(0, MOST)
        .map(([key, value]) => [short(key), typeof value === 'string' ? short(value) : value]),
    ),
  };
}

const short = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;

/** Of each URL in `text`: without its user information, its query and its fragment. */
export const withoutSecrets = (text: string): string =>
  text.replaceAll(
    /([a-z][a-z\d+.-]*:\/\/)([^\s/?#]*@)?([^\s?#"'<>]*)([?#][^\s"'<>]*)?/gi,
    (_all, scheme: string, _user, rest: string) => scheme + rest,
  );
