/** Upstreams that a config has and nothing calls any more. */
import type { Config } from '../config/build/config.ts';
import { upstreamsOfSaga } from '../config/build/saga-config.ts';
import type { Generation } from '../generation.ts';

/** In the order of the config. Sagas may have operations under way that no route starts any more. One whose name stands in the options of a plugin counts as called: it may be. */
export function unusedUpstreams(
  { upstreams, routes, plugins, sagas }: Config,
  upstreamsOf: Generation['upstreamsOf'],
): readonly string[] {
  const ofSagas = Object.values(sagas).flatMap(upstreamsOfSaga);
  const called = new Set([...routes.flatMap(upstreamsOf), ...ofSagas]);
  const uncalled = Object.keys(upstreams).filter((name) => !called.has(name));
  if (uncalled.length === 0) return uncalled;
  const said = new Set<unknown>();
  for (const options of [plugins, ...routes.map((route) => route.plugins)]) collect(options, said);
  return uncalled.filter((name) => !said.has(name));
}

function collect(value: unknown, texts: Set<unknown>): void {
  if (typeof value === 'string') texts.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const each of Object.values(value)) collect(each, texts);
}
