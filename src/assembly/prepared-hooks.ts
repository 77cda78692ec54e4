/** Lets the hooks of plugins prepare, once it is known what all routes serve. */
import type { PluginHooks, PreparedRoute, RouteOperations } from '../authoring/plugin-hooks.ts';
import type { Finding } from '../config/fault.ts';
import type { Slices } from '../core/slices.ts';
import type { StartFaults } from './start-faults.ts';

/** A set of hooks, and who made it for what. */
export interface MadeHooks {
  readonly plugin: string;
  readonly route: string;
  readonly hooks: PluginHooks;
}

export interface Preparing {
  readonly faults: StartFaults;
  readonly slices: Slices;
  readonly operationsOf: (route: string) => RouteOperations;
}

/** What throws becomes a fault. */
export async function prepareHooks(
  made: readonly MadeHooks[],
  { faults, slices, operationsOf }: Preparing,
): Promise<void> {
  for (const { plugin, route, hooks } of made) {
    if (hooks.prepare === undefined) continue;
    let told: RouteOperations | undefined;
    const prepared: PreparedRoute = {
      operations: () => (told ??= operationsOf(route)),
      pause: () => slices.pause(),
    };
    await faults.attempt(unprepared(route, plugin), () => hooks.prepare?.(prepared));
    await slices.pause();
  }
}

const unprepared = (route: string, plugin: string): Finding => ({
  path: ['routes', route, plugin],
  message: 'cannot be served',
});
