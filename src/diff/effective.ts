/**
 * A config as it is written, with its defaults filled in: what two configs are compared by, in the words of their
 * files. Placeholders stand for themselves.
 */
import type { PluginNames } from '../config/changes/words.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import type { Side } from './side.ts';

export function effectiveTree({ written, modules }: Side): Tree {
  const { defaults, include: _include, version: _version, ...sections } = written;
  const common = mapOf(defaults);
  const withDefaults = (section: string): Tree =>
    mapValues(mapOf(sections[section]), (own) =>
      isMap(own) ? { ...mapOf(common[section]), ...own } : own,
    );
  return {
    ...sections,
    routes: mapValues(withDefaults('routes'), (route) => withoutFalse(route, modules.plugins)),
    upstreams: withDefaults('upstreams'),
  };
}

/** A plugin that a route takes away is not there. */
const withoutFalse = (route: unknown, plugins: PluginNames): unknown =>
  isMap(route)
    ? Object.fromEntries(
        Object.entries(route).filter(([key, value]) => value !== false || !plugins.has(key)),
      )
    : route;

const mapOf = (value: unknown): Tree => (isMap(value) ? value : {});

const mapValues = (map: Tree, change: (value: unknown) => unknown): Tree =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
