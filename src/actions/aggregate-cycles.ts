/** Finds parts that wait for themselves. */
import type { Finding, Path } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { dependenciesOf } from './aggregate-references.ts';

export function* checkCycles(parts: Tree, path: Path): Generator<Finding> {
  const names = new Set(Object.keys(parts));
  const edges = new Map<string, Set<string>>();
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part)) continue;
    try {
      const needed = dependenciesOf(part, names);
      // Reported where the template is checked.
      needed.delete(name);
      edges.set(name, needed);
    } catch {
      // Reported where the template is checked.
    }
  }
  for (const cycle of findCycles(edges)) {
    const [name] = cycle;
    const message = `waits for itself: ${[...cycle, name].join(' → ')}`;
    yield { path: [...path, name!], at: 'key', message };
  }
}

/** Cycles, by one walk that enters each part once. */
function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const walk = (name: string, above: readonly string[]): void => {
    const start = above.indexOf(name);
    if (start >= 0) cycles.push(above.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of edges.get(name) ?? []) walk(next, [...above, name]);
    done.add(name);
  };
  for (const name of edges.keys()) walk(name, []);
  return cycles;
}
