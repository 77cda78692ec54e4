/** A part that is a GraphQL operation: its schema, its checks, and what it is built into. */
import { z } from 'zod';
import type { RoutePlace } from '../config/actions.ts';
import type { NamedFiles } from '../config/build/named-files.ts';
import { hint } from '../config/check/suggest.ts';
import type { Finding, Path } from '../config/fault.ts';
import { type GraphqlOperation, placedIn, readDocument } from '../config/graphql/document.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import type { GraphqlConfig } from '../routes/graphql/operation.ts';
import { checkVariables } from './aggregate-graphql-variables.ts';

export const Graphql = z
  .strictObject({
    document: z
      .string()
      .describe('File with the operation, relative to the config; it is watched.'),
    operation: z
      .string()
      .min(1)
      .optional()
      .describe('Which operation of the document; needed if it has several.'),
    variables: z
      .record(z.string(), z.json())
      .default({})
      .describe(
        'Variable → JSON whose texts are templates. `{order.id}` alone keeps its type; a text of the client’s becomes a number or a truth value where the operation declares `Int`, `Float` or `Boolean`. A value that is not there is left out if the variable may be.',
      ),
    errors: z
      .enum(['degrade', 'fail', 'ignore'])
      .default('degrade')
      .describe(
        'What `data` with `errors` is: `degrade` uses it and names the part in `Gateway-Degraded` (`reason=partial`), `fail` makes it a failed part, `ignore` uses it. Without `data`, the part has always failed. Messages of errors never go out.',
      ),
    schema: z
      .string()
      .optional()
      .describe('File with the schema of the server: the operation is validated against it.'),
    persisted: z
      .enum(['sha256'])
      .optional()
      .describe(
        'Send the hash of the document first, a query by GET; the text only if the server does not know it.',
      ),
    blame: z
      .array(z.string().min(1))
      .default(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'none'])
      .describe(
        'Codes (`extensions.code`) that are the upstream’s fault: its circuit counts an answer that fails the part if all of its errors have one of them. `none` stands for errors without a code.',
      ),
  })
  .optional()
  .describe(
    'Sends a GraphQL operation by POST, by default to `/graphql`; the part is its `data`. Needs the package `graphql`.',
  );

/** Where an operation is sent unless its part says. */
export const GRAPHQL_PATH = '/graphql';

/** Of a part as it was parsed; its files were checked. */
export function buildGraphql(
  written: z.output<typeof Graphql>,
  part: string,
  { at, files }: RoutePlace,
): GraphqlConfig | undefined {
  if (written === undefined) return undefined;
  const { document, operation: wanted, variables, errors, blame, persisted } = written;
  const text = files.textAt([...at, 'aggregate', part, 'graphql', 'document'], document);
  const { operations = [] } = readDocument(text);
  const operation = chosen(operations, wanted);
  if (operation === undefined) throw new TypeError(`${part} has no operation`);
  return { text, operation, variables, errors, blame, persisted: persisted !== undefined };
}

const chosen = (
  operations: readonly GraphqlOperation[],
  wanted: string | undefined,
): GraphqlOperation | undefined =>
  wanted === undefined ? operations[0] : operations.find(({ name }) => name === wanted);

/** What is wrong with the GraphQL parts among `parts`, and parts that need a path. */
export function* checkGraphqlParts(parts: Tree, path: Path, files: NamedFiles): Generator<Finding> {
  const writers = Object.entries(parts)
    .filter(([, part]) => isMap(part) && (part['method'] ?? 'GET') !== 'GET')
    .map(([name]) => name);
  for (const [name, part] of Object.entries(parts)) {
    if (!isMap(part)) continue;
    const { graphql } = part;
    if (graphql === undefined) {
      if (part['path'] !== undefined) continue;
      yield { path: [...path, name], at: 'key', message: 'needs a path, or graphql' };
    }
    if (!isMap(graphql)) continue;
    const at = [...path, name];
    for (const key of ['method', 'body'] as const) {
      if (part[key] === undefined) continue;
      const message = 'cannot be combined with "graphql", which sends a POST of its own';
      yield { path: [...at, key], at: 'key', message };
    }
    if ((part['type'] ?? 'json') !== 'json') {
      yield { path: [...at, 'type'], message: 'cannot be combined with "graphql", which is JSON' };
    }
    const operation = yield* checkOperation(graphql, [...at, 'graphql'], files);
    if (operation?.kind !== 'mutation') continue;
    writers.push(name);
    if (writers.length === 1) continue;
    const message = `is a mutation: only one part may change something, and "${writers[0]}" does`;
    yield { path: [...at, 'graphql'], at: 'key', message };
  }
}

function* checkOperation(
  graphql: Tree,
  at: Path,
  files: NamedFiles,
): Generator<Finding, GraphqlOperation | undefined> {
  const { document, operation: wanted, schema, variables } = graphql;
  const text = yield* textOf(document, [...at, 'document'], files);
  const schemaText = yield* textOf(schema, [...at, 'schema'], files);
  if (text === undefined || typeof document !== 'string') return undefined;
  const faultAt = [...at, 'document'];
  let read;
  try {
    read = readDocument(text, schemaText);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield { path: at, at: 'key', message: error.message };
    return undefined;
  }
  if (read.faults !== undefined) {
    for (const fault of read.faults) yield { path: faultAt, message: placedIn(document, fault) };
    return undefined;
  }
  for (const { value, ...place } of read.literals) {
    const [template] = /\{[A-Za-z_][\w.-]*\}/.exec(value) ?? [];
    if (template === undefined) continue;
    const message = `has the template ${template} in its text: values belong into "variables"`;
    yield { path: faultAt, message: placedIn(document, { message, ...place }) };
  }
  const operation = yield* chosenOf(read.operations, wanted, at);
  if (operation === undefined) return undefined;
  yield* checkVariables(operation, isMap(variables) ? variables : {}, [...at, 'variables'], at);
  return operation;
}

function* textOf(
  name: unknown,
  path: Path,
  files: NamedFiles,
): Generator<Finding, string | undefined> {
  if (typeof name !== 'string') return undefined;
  try {
    return files.textAt(path, name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield { path, message: error.message };
    return undefined;
  }
}

function* chosenOf(
  operations: readonly GraphqlOperation[],
  wanted: unknown,
  at: Path,
): Generator<Finding, GraphqlOperation | undefined> {
  const names = operations.map(({ name }) => name ?? '');
  if (wanted === undefined && operations.length > 1) {
    const message = `needs "operation": the document has ${names.join(', ')}`;
    yield { path: at, at: 'key', message };
    return undefined;
  }
  if (wanted !== undefined && typeof wanted !== 'string') return undefined;
  const operation = chosen(operations, wanted);
  if (operation === undefined) {
    const message = `no operation "${wanted}" in the document${hint(wanted ?? '', names)}`;
    yield { path: [...at, 'operation'], message };
  } else if (operation.kind === 'subscription') {
    const message = 'is a subscription: a part has one answer';
    yield { path: wanted === undefined ? [...at, 'document'] : [...at, 'operation'], message };
    return undefined;
  }
  return operation;
}
