/** Mounts a user's module; its routes lie below the route's prefix. */
import { z } from 'zod';
import type { ActionConfig, WrittenAction } from '../config/actions.ts';
import type { Finding } from '../config/fault.ts';
import { hint } from '../config/check/suggest.ts';
import { defineAction } from './action.ts';

interface BffConfig extends ActionConfig {
  readonly kind: 'bff';
}

export const bff = defineAction({
  key: 'bff',
  kind: 'bff',
  schema: z.string().min(1).describe('Action: a module made with defineBff.'),
  callsUpstreams: true,
  readsBody: true,
  *check(written) {
    yield* checkMount(written);
    yield* checkUpstreams(written);
  },
  build: (): BffConfig => ({ kind: 'bff' }),
});

type Alternative = WrittenAction['matches']['alternatives'][number];

/** A module is mounted once, at one prefix, which several matches may share. */
function* checkMount({ matches: { alternatives } }: WrittenAction): Generator<Finding> {
  const isPlain = ({ pattern }: Alternative): boolean =>
    pattern?.kind === 'prefix' && pattern.parameters.length === 0;
  for (const alternative of alternatives) {
    if (isPlain(alternative)) continue;
    const at = alternative.pattern === undefined ? [] : ['path'];
    const message = 'a bff is mounted at a plain prefix, such as /mobile/*';
    yield { path: [...alternative.at, ...at], message };
  }
  const [first, ...others] = alternatives.filter(isPlain);
  for (const { at, pattern } of others) {
    if (pattern?.text === first?.pattern?.text) continue;
    const message = `a bff is mounted once, and this one is already at "${first?.pattern?.text}"`;
    yield { path: [...at, 'path'], message };
  }
}

function* checkUpstreams({ bff: module, at, upstreams }: WrittenAction): Generator<Finding> {
  for (const name of module?.upstreams ?? []) {
    if (upstreams.includes(name)) continue;
    const message = `the module calls the upstream "${name}", which is not defined${hint(name, upstreams)}`;
    yield { path: [...at, 'bff'], message };
  }
}
