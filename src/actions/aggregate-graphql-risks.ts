/** What a change of a GraphQL part lets clients do: the text of its operation is in a file, where few look at a review. */
import type { ActionLoosening } from '../config/actions.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';

export function* loosenedGraphql(
  before: AggregateConfig,
  now: AggregateConfig,
): Generator<ActionLoosening> {
  const old = new Map(before.parts.map((part) => [part.name, part]));
  for (const part of now.parts) yield* loosenedPart(old.get(part.name), part);
}

function* loosenedPart(
  before: PartConfig | undefined,
  { name, graphql }: PartConfig,
): Generator<ActionLoosening> {
  const old = before?.graphql;
  if (graphql === undefined) return;
  const { kind, name: operation = 'without a name' } = graphql.operation;
  const path = ['aggregate', name, 'graphql'];
  if (kind === 'mutation' && old?.operation.kind !== 'mutation') {
    const message = `requests change something: ${name} sends the mutation ${operation}`;
    yield { rule: 'loosened', severity: 'medium', path, message };
    return;
  }
  const isSame = old?.text === graphql.text && old.operation.name === graphql.operation.name;
  if (old !== undefined && !isSame) {
    const message = `${name} asks for something else: the text of the ${kind} ${operation} has changed`;
    yield { rule: 'loosened', severity: 'low', path, message };
  }
}
