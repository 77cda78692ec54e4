/** Which operations clients may ask for after a change and not before. */
import type { Loosening } from 'portico';
import { KnownOperations } from './known.ts';
import type { Options } from './options.ts';

/** More are counted, not named. */
const MOST_NAMES = 5;

export function* loosened(
  before: Options | undefined,
  after: Options | undefined,
): Generator<Loosening> {
  if (before === undefined) return;
  if (after === undefined || (before.unknown === 'refuse' && after.unknown === 'allow')) {
    const path = after === undefined ? [] : ['unknown'];
    if (before.unknown === 'allow') return;
    yield { path, message: 'clients may send any GraphQL operation', severity: 'high' };
    return;
  }
  if (after.unknown === 'allow' || before.documents === after.documents) return;
  const texts = new Set(
    [...new KnownOperations(before.documents).documents].map(({ text }) => text),
  );
  const added = [...new KnownOperations(after.documents).documents].filter(
    ({ text }) => !texts.has(text),
  );
  if (added.length === 0) return;
  const names = added.flatMap(({ operations }) =>
    operations.map(({ name, kind }) => `${kind} ${name ?? 'without a name'}`),
  );
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const message = `clients may ask for ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
  yield { path: ['documents'], message, severity: 'low' };
}
