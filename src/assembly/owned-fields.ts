/** Headers that plugins set for upstreams. No client may send them, on any route. */
import type { Config } from '../config/build/config.ts';
import type { GatewayModules } from './modules.ts';
import type { StartFaults } from './start-faults.ts';

export async function ownedFields(
  config: Config,
  { plugins }: GatewayModules,
  faults: StartFaults,
): Promise<Set<string>> {
  const owned = new Set<string>();
  for (const [name, plugin] of plugins) {
    if (plugin.owns === undefined) continue;
    const settings = config.plugins[name] ?? plugin.settings.parse({});
    const options = config.routes
      .map(({ plugins: on }) => on[name])
      .filter((each) => each !== undefined);
    await faults.attempt({ path: ['plugins', name], message: 'its "owns" failed' }, () => {
      for (const field of plugin.owns!(settings as never, options)) owned.add(field.toLowerCase());
    });
  }
  return owned;
}
