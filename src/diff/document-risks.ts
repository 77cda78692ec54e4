/**
 * What OpenAPI documents that routes publish tell, and told no more: clients are made of them, and whoever reads them learns
 * what there is.
 */
import type { Published } from '../gateway.ts';
import type { FoundRisk } from './risk.ts';

/** So many operations are named. */
const MOST = 5;

/** @param before operations by the routes that publish them */
export function* documentRisks(before: Published, after: Published): Generator<FoundRisk> {
  for (const route of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(route) ?? [], after.get(route) ?? []];
    const path = ['routes', route, 'document'];
    const gone = without(old, now);
    const added = without(now, old);
    if (gone.length > 0) {
      const message = `clients made of the document miss ${listed(gone)}: it is not told any more`;
      yield { rule: 'operation-withdrawn', severity: 'medium', path, message };
    }
    if (added.length > 0) {
      const message = `the document tells ${listed(added)}, which it did not`;
      yield { rule: 'operation-published', severity: 'low', path, message };
    }
  }
}

/** Those of `some` that `others` do not have, whatever their parameters are called. */
function without(some: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map(shapeOf));
  return some.filter((each) => !known.has(shapeOf(each)));
}

const shapeOf = (operation: string): string => operation.replaceAll(/\{[^{}]*\}/g, '{}');

function listed(operations: readonly string[]): string {
  const more = operations.length - MOST;
  return `${operations.slice(0, MOST).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
