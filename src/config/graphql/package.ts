/**
 * The package `graphql`, an optional peer: it is loaded when a config first has a GraphQL document, and never at a
 * request. This folder is its only home.
 */
import { createRequire } from 'node:module';

export type GraphqlPackage = typeof import('graphql');

/** The version that is tested, and that `npm i` is told. */
const VERSION = '17.1.0';

/** It is missing, or cannot be loaded: a fault of the config at the key that needs it. */
export class GraphqlMissing extends RangeError {}

const ownRequire = createRequire(import.meta.url);

/**
 * The package.
 *
 * @throws {GraphqlMissing} whose message says what to install
 */
export function graphqlPackage(load: (name: string) => unknown = ownRequire): GraphqlPackage {
  try {
    // A cast, because what is required has no type.
    return load('graphql') as GraphqlPackage;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message =
      code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND'
        ? `needs the package graphql, which is not installed: npm i graphql@${VERSION}`
        : `the package graphql cannot be loaded: ${(error as Error).message.split('\n', 1)[0]}`;
    throw new GraphqlMissing(message, { cause: error });
  }
}
