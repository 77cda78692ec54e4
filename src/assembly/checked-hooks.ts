/** What a plugin's `register` returns, looked at before anything runs: a typo would switch it off. */
import { inspect } from 'node:util';
import { PHASES, type PluginHooks } from '../authoring/plugin.ts';
import { hint } from '../config/suggest.ts';

const FUNCTIONS = ['onRequest', 'onResponse', 'transform', 'policy', 'close'] as const;
const KEYS: readonly string[] = ['phase', 'place', ...FUNCTIONS];

/** @throws {TypeError} for what are no hooks */
export function checkedHooks(returned: unknown): readonly PluginHooks<unknown>[] {
  return [returned].flat().map((each) => checked(each));
}

function checked(returned: unknown): PluginHooks<unknown> {
  if (typeof returned !== 'object' || returned === null) {
    throw new TypeError(`register returned ${String(returned)}, not an object with hooks`);
  }
  const hooks = returned as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(hooks)) {
    if (!KEYS.includes(key))
      throw new TypeError(`register returned the key "${key}"${hint(key, KEYS)}`);
  }
  for (const key of FUNCTIONS) {
    if (hooks[key] === undefined || typeof hooks[key] === 'function') continue;
    throw new TypeError(`register returned a ${key} that is no function`);
  }
  const { phase, place } = hooks;
  if (place !== undefined && place !== 'outer' && place !== 'inner') {
    throw new TypeError(`register returned the place ${inspect(place)}: it is outer or inner`);
  }
  const isNever = phase === undefined && hooks['onRequest'] === undefined;
  if (!isNever && typeof phase !== 'function' && !PHASES.includes(phase as never)) {
    throw new TypeError(unknownPhase('register', phase));
  }
  // Its keys and their kinds have been looked at.
  return returned as PluginHooks<unknown>;
}

export const unknownPhase = (who: string, phase: unknown): string =>
  `${who} returned the phase ${inspect(phase)}${hint(String(phase), PHASES)}`;
