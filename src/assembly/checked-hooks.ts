/** Checks what plugins return before anything runs, because a typo would silently switch a hook off. */
import { PHASES, type PluginHooks, type RegisteredPlugin } from '../authoring/plugin-hooks.ts';
import { hint } from '../config/check/suggest.ts';
import { inOneLine } from './in-one-line.ts';

const FUNCTIONS = [
  'prepare',
  'onRequest',
  'explain',
  'answered',
  'onResponse',
  'transform',
  'convert',
  'errorAnswer',
  'policy',
  'close',
] as const;
const KEYS: readonly string[] = ['phase', 'place', 'isPure', ...FUNCTIONS];

const REGISTRATION = ['route', 'status', 'close'] as const;

/** @throws {TypeError} if `register` returned anything else */
export function checkedRegistration(returned: unknown): RegisteredPlugin<unknown> {
  if (!isObject(returned) || Array.isArray(returned)) {
    throw new TypeError(`register returned ${inOneLine(returned)}, not an object with "route"`);
  }
  const isHooks = Object.keys(returned).some((key) => key !== 'close' && KEYS.includes(key));
  if (isHooks && !('route' in returned)) {
    throw new TypeError('register returned hooks: return { route: (options) => hooks }');
  }
  checkKeys('register', returned, REGISTRATION, REGISTRATION);
  if (returned['route'] === undefined) {
    throw new TypeError('register returned no "route", which returns the hooks of one route');
  }
  // Its keys and their types have been checked.
  return returned as unknown as RegisteredPlugin<unknown>;
}

/** @throws {TypeError} for values that are not hooks */
export function checkedHooks(returned: unknown): readonly PluginHooks[] {
  return returned === undefined ? [] : [returned].flat().map((each) => checked(each));
}

function checked(hooks: unknown): PluginHooks {
  if (!isObject(hooks)) {
    throw new TypeError(`route returned ${inOneLine(hooks)}, not an object with hooks`);
  }
  checkKeys('route', hooks, KEYS, FUNCTIONS);
  const { phase, place, isPure } = hooks;
  if (place !== undefined && place !== 'outer' && place !== 'inner') {
    throw new TypeError(`route returned the place ${inOneLine(place)}: use outer or inner`);
  }
  if (isPure !== undefined && typeof isPure !== 'boolean') {
    throw new TypeError(`route returned isPure: ${inOneLine(isPure)}: use true or false`);
  }
  if (hooks['explain'] !== undefined && hooks['onRequest'] === undefined) {
    throw new TypeError('route returned "explain" without "onRequest", which it would explain');
  }
  const isNever = phase === undefined && hooks['onRequest'] === undefined;
  if (!isNever && !PHASES.includes(phase as never)) {
    throw new TypeError(
      `route returned the phase ${inOneLine(phase)}${hint(String(phase), PHASES)}`,
    );
  }
  return hooks;
}

function checkKeys(
  who: string,
  returned: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  functions: readonly string[],
): void {
  for (const key of Object.keys(returned)) {
    if (!keys.includes(key))
      throw new TypeError(`${who} returned the key "${key}"${hint(key, keys)}`);
  }
  for (const key of functions) {
    if (returned[key] === undefined || typeof returned[key] === 'function') continue;
    throw new TypeError(`${who} returned a ${key} that is not a function`);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
