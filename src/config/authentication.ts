/** Who may call a route, as far as the definitions of its plugins tell. */
import type { RouteConfig } from './build/config.ts';
import type { Modules } from './modules.ts';

/** A plugin that asks a route's clients who they are. */
export interface Authentication {
  readonly plugin: string;
  /** It admits requests without its credential. */
  readonly optional: boolean;
}

type Guarded = Pick<RouteConfig, 'plugins'>;
type Known = Pick<Modules, 'plugins'>;

/** The plugins of a route that identify clients, or insist on knowing them. */
export const authenticationOf = (
  { plugins: on }: Guarded,
  { plugins: all }: Known,
): readonly Authentication[] =>
  Object.entries(on).flatMap(([plugin, options]) => {
    const known = all.get(plugin);
    if (known?.identifies !== true && known?.insists !== true) return [];
    return [{ plugin, optional: known.insists !== true && known.isOptional?.(options) === true }];
  });

/** Does it admit clients that nobody knows? */
export const isOpen = (route: Guarded, modules: Known): boolean =>
  authenticationOf(route, modules).every(({ optional }) => optional);
