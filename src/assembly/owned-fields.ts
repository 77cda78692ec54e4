/** Headers that plugins set for upstreams: no client may send them, on any route. */
import type { Config } from '../config/config.ts';
import type { GatewayModules } from '../modules.ts';

export function ownedFields(config: Config, { plugins }: GatewayModules): Set<string> {
  const owned = new Set<string>();
  for (const [name, plugin] of plugins) {
    if (plugin.owns === undefined) continue;
    const settings = config.plugins[name] ?? plugin.settings.parse({});
    const options = config.routes
      .map(({ plugins: on }) => on[name])
      .filter((each) => each !== undefined);
    for (const field of plugin.owns(settings as never, options)) owned.add(field.toLowerCase());
  }
  return owned;
}
