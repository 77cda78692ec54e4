/** What an audit says of aggregates, and a diff of their changes: what clients see that they did not see before. */
import type { ActionLoosening, ActionRisks } from '../config/actions.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';

export const aggregateRisks: ActionRisks<AggregateConfig> = {
  rules: { 'upstream-errors-shown': 'low' },
  *find({ parts }) {
    for (const { name, onError } of parts) {
      if (onError === 'hide') continue;
      const message = 'clients get what the upstream writes into its errors';
      yield {
        rule: 'upstream-errors-shown',
        path: ['aggregate', name, 'onError'],
        message,
      };
    }
  },
};

/** What clients get of the parts that `before` has too. */
export function* aggregateLoosenings(
  before: AggregateConfig,
  now: AggregateConfig,
): Generator<ActionLoosening> {
  const known = new Map(before.parts.map((part) => [part.name, part]));
  for (const part of now.parts) {
    const old = known.get(part.name);
    if (old !== undefined) yield* partLoosenings(old, part);
  }
}

function* partLoosenings(before: PartConfig, now: PartConfig): Generator<ActionLoosening> {
  const path = ['aggregate', now.name];
  if (before.onError === 'hide' && now.onError !== 'hide') {
    const message = 'clients get what the upstream writes into its errors';
    yield { rule: 'loosened', severity: 'medium', path: [...path, 'onError'], message };
  }
  yield* shapeLoosenings(before, now, path);
  const { fallback: old } = before;
  const { fallback } = now;
  if (old !== undefined && fallback !== undefined) {
    yield* shapeLoosenings(old, fallback, [...path, 'fallback']);
  }
}

type Shown = Pick<PartConfig, 'pick' | 'omit'>;

function* shapeLoosenings(
  before: Shown,
  now: Shown,
  path: readonly string[],
): Generator<ActionLoosening> {
  if (before.pick !== undefined && now.pick === undefined) {
    const message = 'clients get all fields of the answer, not only those that were picked';
    yield { rule: 'loosened', severity: 'medium', path, message };
  }
  const added = before.pick === undefined ? [] : gone(now.pick, before.pick);
  if (added.length > 0) {
    const message = `clients get ${added.join(', ')} of the answer`;
    yield { rule: 'loosened', severity: 'low', path: [...path, 'pick'], message };
  }
  // What is picked says itself what is seen of it.
  const shown = now.pick === undefined ? gone(before.omit, now.omit) : [];
  if (shown.length === 0) return;
  const message = `clients get ${shown.join(', ')} of the answer: before, left out`;
  yield { rule: 'loosened', severity: 'medium', path: [...path, 'omit'], message };
}

const gone = (before: readonly string[] = [], after: readonly string[] = []): readonly string[] =>
  before.filter((path) => !after.includes(path));
