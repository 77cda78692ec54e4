/** Finds the route out of which another one may have been cut: the narrowest that has its paths, too. */
import type { MatchConfig, RouteConfig } from '../config/build/config.ts';
import type { Generation } from '../generation.ts';

export interface WiderRoute {
  readonly route: string;
  readonly upstream: string;
}

export class WiderRoutes {
  /** What answers below a prefix, by hosts and prefix. */
  readonly #byPrefix = new Map<string, WiderRoute>();

  /** Only routes that forward, or did before they were split, are looked at; of equal ones the first. */
  constructor(routes: readonly RouteConfig[], upstreamsOf: Generation['upstreamsOf']) {
    for (const route of routes) {
      const [upstream] = FORWARDS.has(route.action.kind) ? upstreamsOf(route) : [];
      if (upstream === undefined) continue;
      for (const match of route.matches) {
        const text = match.path?.text;
        if (text?.endsWith('/*') !== true) continue;
        const key = keyOf(match, text.slice(0, -1));
        if (!this.#byPrefix.has(key)) this.#byPrefix.set(key, { route: route.name, upstream });
      }
    }
  }

  /** `undefined` if no other route has its paths. */
  around({ matches }: RouteConfig): WiderRoute | undefined {
    const [match] = matches;
    const text = match?.path?.text;
    if (match === undefined || text === undefined) return undefined;
    // Of its own prefix, `/shop/` in `/shop/*`, it is the owner itself.
    let end = text.endsWith('/*') ? text.length - 2 : text.length;
    while (end > 0) {
      end = text.lastIndexOf('/', end - 1);
      const prefix = text.slice(0, end + 1);
      const found =
        this.#byPrefix.get(keyOf(match, prefix)) ?? this.#byPrefix.get(keyOf(ANY_HOST, prefix));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const FORWARDS: ReadonlySet<string> = new Set(['forward', 'split']);
const ANY_HOST = {};

const keyOf = ({ hosts = [] }: Pick<MatchConfig, 'hosts'>, prefix: string): string =>
  `${hosts.join(',')} ${prefix}`;
