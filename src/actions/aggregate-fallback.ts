/**
 * The fallback of a part: asked if the part fails, whatever the reason, with a shape of its own. If it fails too, its
 * failure is the part's.
 */
import { z } from 'zod';
import type { Finding, Path } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { askedKeys } from './aggregate-asked-schema.ts';
import { dependenciesOf } from './aggregate-references.ts';
import type { PartConfig } from './aggregate-schema.ts';

export const Fallback = z
  .strictObject(askedKeys)
  .optional()
  .describe(
    'Asked with GET if the part fails; its answer is the part then, and the response is not degraded. It shares nothing with the part but its name.',
  );

/** As a part: its place is that of the part. */
export function fallbackOf(part: PartConfig): PartConfig | undefined {
  const { name, as, spread, onError, concurrency, max, fallback } = part;
  if (fallback === undefined) return undefined;
  return {
    ...fallback,
    name: `${name}.fallback`,
    method: 'GET',
    required: false,
    as,
    spread,
    onError,
    concurrency,
    max,
  };
}

/** It is asked at once where the part fails, so it cannot wait for parts that the part does not wait for. */
export function* checkFallbackParts(
  part: Tree,
  names: ReadonlySet<string>,
  at: Path,
): Generator<Finding> {
  const { fallback } = part;
  if (!isMap(fallback)) return;
  try {
    const known = dependenciesOf(part, names);
    for (const name of dependenciesOf(fallback, names)) {
      if (known.has(name)) continue;
      const message = `refers to "${name}": a fallback may only refer to parts that its part refers to`;
      yield { path: [...at, 'fallback'], message };
    }
  } catch {
    // Reported where the template is checked.
  }
}
