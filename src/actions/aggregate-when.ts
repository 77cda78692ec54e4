/** The condition under which a part is called: its schema, its checks, and what it is built into. */
import { z } from 'zod';
import { buildConditions, buildFieldConditions } from '../config/build/match.ts';
import { checkConditions } from '../config/check/conditions.ts';
import type { Matches } from '../config/check/match.ts';
import { hint } from '../config/check/suggest.ts';
import { commonParameters } from '../config/check/template.ts';
import type { Finding, Path } from '../config/fault.ts';
import {
  Condition,
  JsonCondition,
  type ParsedJsonCondition,
  WhenKeys,
} from '../config/schema/conditions.ts';
import { valuePath } from '../config/schema/types.ts';
import { isMap } from '../config/yaml/tree.ts';
import { parseValuePath } from '../core/value-path.ts';
import type { JsonMatcher, PartCondition, PartWhenConfig } from '../routes/part-when.ts';

export const PartWhen = z
  .strictObject({
    params: z.record(z.string(), Condition).optional().describe('Path parameter → value.'),
    ...WhenKeys,
    parts: z
      .record(valuePath(), JsonCondition)
      .optional()
      .describe('Value of another part, such as `order.status` → value; `null` is no value.'),
  })
  .refine(
    (when) => Object.values(when).some((values) => Object.keys(values ?? {}).length > 0),
    'names no condition: give params, query, headers, cookies, claims or parts',
  )
  .describe(
    'The part is called only if all of this holds; otherwise the answer is without it, and is not degraded. Parts that refer to it are not called either.',
  );

export function buildPartWhen(when: z.output<typeof PartWhen>): PartWhenConfig {
  const { params, headers, query, cookies, claims, parts = {} } = when;
  const asksRequest = [headers, query, cookies, claims].some((each) => each !== undefined);
  return {
    ...(asksRequest && {
      request: {
        headers: buildFieldConditions(headers),
        query: buildConditions(query),
        cookies: buildConditions(cookies),
        claims: buildConditions(claims),
      },
    }),
    params: buildConditions(params),
    parts: Object.entries(parts).map(([text, value]) => partCondition(text, value)),
  };
}

function partCondition(text: string, value: ParsedJsonCondition): PartCondition {
  const [part = '', ...path] = parseValuePath(text);
  return { part, path, matcher: matcherOf(value) };
}

function matcherOf(value: ParsedJsonCondition): JsonMatcher {
  if (typeof value !== 'object') return { kind: 'equals', value };
  if (value.regex !== undefined) return { kind: 'regex', pattern: value.regex };
  if (value.in !== undefined) return { kind: 'in', values: value.in };
  if ('not' in value && value.not !== undefined) {
    return { kind: 'not', matcher: matcherOf(value.not) };
  }
  return { kind: 'present' };
}

/** The parts that the condition of `part` asks about, as they are written. */
export function askedParts(
  when: unknown,
): readonly { readonly text: string; readonly part: string }[] {
  if (!isMap(when) || !isMap(when['parts'])) return [];
  return Object.keys(when['parts']).flatMap((text) => {
    try {
      return [{ text, part: parseValuePath(text)[0]! }];
    } catch {
      // The schema reports it.
      return [];
    }
  });
}

export function* checkPartWhen(
  when: unknown,
  at: Path,
  {
    part,
    parts,
    matches,
    identifying,
  }: {
    readonly part: string;
    readonly parts: readonly string[];
    readonly matches: Matches;
    readonly identifying: readonly string[];
  },
): Generator<Finding> {
  if (!isMap(when)) return;
  yield* checkConditions(when, at, identifying);
  for (const { text, part: asked } of askedParts(when)) {
    const path = [...at, 'parts', text];
    if (asked === part) yield { path, at: 'key', message: `${text} is of its own part` };
    else if (!parts.includes(asked)) {
      yield { path, at: 'key', message: `no part "${asked}"${hint(asked, parts)}` };
    }
  }
  if (!matches.complete || !isMap(when['params'])) return;
  const known = commonParameters(matches.alternatives);
  for (const name of Object.keys(when['params'])) {
    if (known.has(name)) continue;
    const message = `no path parameter {${name}}${hint(name, [...known])}`;
    yield { path: [...at, 'params', name], at: 'key', message };
  }
}
