/**
 * What the modules of two configs do differently: ordinary Fastify plugins, which are on every route, fields that only
 * the gateway may set, and code. Of code, only the file that the config names is looked at, not what it imports.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ownedFields } from '../assembly/owned-fields.ts';
import { StartFaults } from '../assembly/start-faults.ts';
import type { Path } from '../config/fault.ts';
import { systemClock } from '../core/clock.ts';
import { RULES } from './loosenings.ts';
import type { FoundRisk } from './risk.ts';
import type { Side } from './side.ts';

export async function moduleRisks(before: Side, after: Side): Promise<readonly FoundRisk[]> {
  return [
    ...fastifyRisks(before, after),
    ...codeRisks(before, after),
    ...(await fieldRisks(before, after)),
  ];
}

function* fastifyRisks(before: Side, after: Side): Generator<FoundRisk> {
  const [old, now] = [before, after].map(
    ({ modules }) => new Map(modules.fastifyPlugins.map(({ name, options }) => [name, options])),
  ) as [Map<string, object>, Map<string, object>];
  for (const [name, options] of old) {
    const settings = now.get(name);
    if (settings !== undefined && isDeepStrictEqual(options, settings)) continue;
    const what = settings === undefined ? 'is gone' : 'has other settings';
    const message = `it is on every route, and ${what}: look at what it refused`;
    yield { rule: RULES.changed, severity: 'medium', path: ['plugins', name], message };
  }
}

/** Clients may send what they could not. */
async function fieldRisks(before: Side, after: Side): Promise<readonly FoundRisk[]> {
  const [old, now] = await Promise.all(
    [before, after].map(({ config, modules }) =>
      ownedFields(config, modules, new StartFaults(modules, systemClock)),
    ),
  );
  const freed = [...old!].filter((field) => !now!.has(field));
  return freed.map((field) => ({
    rule: 'fields-freed',
    severity: 'medium',
    path: ownerOf(field, before),
    message: `clients may send ${field} to upstreams: no plugin sets it any more`,
  }));
}

/** The route that sets a field, or else its plugin. */
function ownerOf(field: string, { config, modules }: Side): Path {
  for (const [name, plugin] of modules.plugins) {
    const own = config.plugins[name] ?? plugin.settings.parse({});
    const isSet = (options: readonly unknown[]): boolean =>
      [...(plugin.owns?.(own as never, options) ?? [])].some(
        (each) => each.toLowerCase() === field,
      );
    if (isSet([])) return ['plugins', name];
    const route = config.routes.find(({ plugins }) => name in plugins && isSet([plugins[name]]));
    if (route !== undefined) return ['routes', route.name, name];
  }
  return ['plugins'];
}

function* codeRisks(before: Side, after: Side): Generator<FoundRisk> {
  for (const [name, { identifies, insists, limits }] of after.modules.plugins) {
    const path = ['plugins', name, 'module'];
    if (!isOtherCode(path, before, after)) continue;
    const isGuard = [identifies, insists, limits].includes(true);
    const message = isGuard ? `${CHANGED}: look at what it admits` : CHANGED;
    yield { rule: 'code-changed', severity: isGuard ? 'medium' : 'low', path, message };
  }
  for (const name of after.modules.bffs.keys()) {
    const path = ['routes', name, 'bff'];
    if (!isOtherCode(path, before, after)) continue;
    yield { rule: 'code-changed', severity: 'low', path, message: CHANGED };
  }
}

const CHANGED = 'its code has changed';

function isOtherCode(path: Path, before: Side, after: Side): boolean {
  const [old, now] = [before, after].map((side) => codeOf(path, side));
  return old !== undefined && now !== undefined && old !== now;
}

/** What is in the file that is named at `path`; a package has none. */
function codeOf(path: Path, side: Side): string | undefined {
  const module = side.writtenAt(path);
  if (typeof module !== 'string' || !/^[./]/.test(module)) return undefined;
  try {
    return readFileSync(resolve(dirname(side.placeOf(path).file), module), 'utf8');
  } catch {
    // It was loaded, but is gone by now: there is nothing to compare.
    return undefined;
  }
}
