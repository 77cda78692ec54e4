/** What a change of the requests of an aggregate admits that was refused before, for a diff. */
import type { ActionLoosening } from '../config/actions.ts';
import { fallbackOf } from './aggregate-fallback.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';

/** Header fields that speak for the client: each is passed on only where it is named. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key'];

export function* askingLoosenings(
  before: AggregateConfig,
  now: AggregateConfig,
): Generator<ActionLoosening> {
  const known = new Map(before.parts.map((part) => [part.name, part]));
  for (const part of now.parts) {
    const old = known.get(part.name);
    const at = ['aggregate', part.name, 'forwardHeaders'];
    yield* credentials(part, fieldsOf(old, before), fieldsOf(part, now), at);
    yield* standIn([old, before], [part, now]);
    if (old === undefined) continue;
    yield* condition(old, part);
    yield* calls(old, part);
  }
}

/** The fields that a part passes on. */
const fieldsOf = (
  part: PartConfig | undefined,
  { forwardHeaders }: AggregateConfig,
): readonly string[] => (part === undefined ? [] : (part.forwardHeaders ?? forwardHeaders));

function* credentials(
  { upstream }: PartConfig,
  before: readonly string[],
  now: readonly string[],
  path: readonly string[],
): Generator<ActionLoosening> {
  const added = CREDENTIALS.filter((field) => now.includes(field) && !before.includes(field));
  if (added.length === 0) return;
  const message = `"${upstream}" gets the client's ${added.join(', ')}`;
  yield { rule: 'loosened', severity: 'medium', path, message };
}

type PartIn<P> = readonly [part: P, config: AggregateConfig];

/** Another service that is asked where a part fails: it gets the request, and clients get its answer. */
function* standIn(
  [old, before]: PartIn<PartConfig | undefined>,
  [part, now]: PartIn<PartConfig>,
): Generator<ActionLoosening> {
  const own = fallbackOf(part);
  if (own === undefined) return;
  const known = old && fallbackOf(old);
  const isKnown = known?.upstream === own.upstream;
  const path = ['aggregate', part.name, 'fallback'];
  if (old !== undefined && !isKnown) {
    const message = `where "${part.upstream}" fails, clients get what "${own.upstream}" answers`;
    yield { rule: 'loosened', severity: 'low', path, message };
  }
  yield* credentials(own, isKnown ? fieldsOf(known, before) : [], fieldsOf(own, now), path);
}

/** A condition on the client's claims may be what keeps others from an answer. */
function* condition(before: PartConfig, { name, when }: PartConfig): Generator<ActionLoosening> {
  if (before.when?.claims === undefined || when?.claims !== undefined) return;
  const message = 'the part is called for every client: its condition on claims is gone';
  const path = ['aggregate', name, ...(when === undefined ? [] : ['when'])];
  yield { rule: 'loosened', severity: 'medium', path, message };
}

function* calls(before: PartConfig, now: PartConfig): Generator<ActionLoosening> {
  const [old, most] = [before, now].map(({ foreach, max }) => (foreach === undefined ? 1 : max));
  if (most! <= old!) return;
  const message = `one request may make ${most} calls to "${now.upstream}"; before, ${old}`;
  const path = ['aggregate', now.name, before.foreach === undefined ? 'foreach' : 'max'];
  yield { rule: 'limit-raised', severity: 'low', path, message };
}
