/**
 * Fastify's own compilers of JSON Schema, loaded when a route needs one: they take a tenth of a start. BFFs
 * need the serializer if they name their responses; the validator is needed only if their code asks for it.
 */
import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

type Factories = NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>;
type Build = (...given: unknown[]) => never;

/** From where Fastify finds them. */
const load = createRequire(createRequire(import.meta.url).resolve('fastify'));

const lazily =
  (name: string): Build =>
  (...given) => {
    const select = load(name) as () => Build;
    return select()(...given);
  };

export const lazyCompilers: Required<Factories> = {
  buildValidator: lazily('@fastify/ajv-compiler'),
  buildSerializer: lazily('@fastify/fast-json-stringify-compiler'),
};
