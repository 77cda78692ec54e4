/**
 * The keys and words that a schema knows at a path: the candidates for "did you mean".
 *
 * The only place that looks inside zod's schemas.
 */
import type { z } from 'zod';
import type { Path } from '../fault.ts';

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, z.ZodType>;
  readonly catchall?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly getter?: () => z.ZodType;
}

const definition = (schema: z.ZodType): Definition => schema._zod.def;

/** The schemas a value may have to fit, with wrappers (optional, default, pipe, union) taken off. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  const { type, innerType, in: input, options, getter } = definition(schema);
  if (type === 'union') return (options ?? []).flatMap(unwrap);
  if (type === 'pipe' && input !== undefined) return unwrap(input);
  if (type === 'lazy' && getter !== undefined) return unwrap(getter());
  return innerType === undefined ? [schema] : unwrap(innerType);
}

function step(schema: z.ZodType, part: string | number): z.ZodType[] {
  const { shape, valueType, element, catchall } = definition(schema);
  if (shape !== undefined) {
    const member = Object.hasOwn(shape, part) ? shape[part] : catchall;
    return member === undefined ? [] : [member];
  }
  return [valueType ?? element].filter((next) => next !== undefined);
}

/** The schemas at `path` below `schema`. */
function schemasAt(schema: z.ZodType, path: Path): z.ZodType[] {
  return path.reduce<z.ZodType[]>(
    (schemas, part) => schemas.flatMap((each) => step(each, part)).flatMap(unwrap),
    unwrap(schema),
  );
}

/** The keys a map at `path` may have, for each form that the schema allows. */
export function keySetsAt(schema: z.ZodType, path: Path): string[][] {
  return schemasAt(schema, path).map((each) => Object.keys(definition(each).shape ?? {}));
}
