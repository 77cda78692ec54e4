/** Matches that actions add to those of their routes, such as the page of a document. */
import type { ActionModule } from '../actions.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** The tree with them; one without any is the same. */
export function withAddedPaths(tree: Tree, actions: readonly ActionModule[]): Tree {
  const { routes } = tree;
  if (!isMap(routes)) return tree;
  const adding = actions.filter((action) => action.addedPaths !== undefined);
  const changed: [string, Tree][] = [];
  for (const [name, route] of Object.entries(routes)) {
    if (!isMap(route)) continue;
    const paths = adding.flatMap((action) => action.addedPaths?.(route[action.key]) ?? []);
    const [first, ...others]: unknown[] = [route['match']].flat();
    if (paths.length === 0 || !isMap(first)) continue;
    const { pathRegex: _regex, ...conditions } = first;
    const added = paths.map((path) => ({ ...conditions, path }));
    changed.push([name, { ...route, match: [first, ...others, ...added] }]);
  }
  if (changed.length === 0) return tree;
  return { ...tree, routes: { ...routes, ...Object.fromEntries(changed) } };
}
