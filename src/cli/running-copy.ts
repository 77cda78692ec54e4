/**
 * Makes `portico` mean this running copy, from whatever folder it is imported.
 *
 * A plugin beside the config would otherwise find another copy of the package, or none, and two
 * copies are two `GatewayError`s. Import this before anything loads plugins.
 */
import { registerHooks } from 'node:module';

/** `.ts` when the sources run as they are, `.js` in `dist`. */
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

const ENTRIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    portico: 'index',
    'portico/gateway': 'gateway',
    'portico/testing': 'testing',
  }).map(([name, file]) => [name, new URL(`../${file}.${suffix}`, import.meta.url).href]),
);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const url = ENTRIES.get(specifier);
    return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true };
  },
});
