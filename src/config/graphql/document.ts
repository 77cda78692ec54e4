/**
 * Reads GraphQL documents while a config is loaded: which operations they have, and which variables these take.
 * Nothing is parsed at a request.
 */
import type {
  DefinitionNode,
  DocumentNode,
  GraphQLError,
  OperationDefinitionNode,
  TypeNode,
} from 'graphql';
import { type GraphqlPackage, graphqlPackage } from './package.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** A variable, as an operation declares it. */
export interface GraphqlVariable {
  readonly name: string;
  /** As it is written: `[ID!]!`. */
  readonly type: string;
  /** Its named type: `ID` of `[ID!]!`. */
  readonly named: string;
  readonly isList: boolean;
  /** It may be neither left out nor `null`. */
  readonly isRequired: boolean;
}

export interface GraphqlOperation {
  /** Absent where a document has one operation, without a name. */
  readonly name: string | undefined;
  readonly kind: OperationKind;
  readonly variables: readonly GraphqlVariable[];
}

/** What is wrong in a document, and where. */
export interface DocumentFault {
  readonly message: string;
  /** From 1; absent where the fault has no place. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A text in quotes, as a document has it. */
export interface GraphqlLiteral {
  readonly value: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A document that can be sent, or why it cannot. */
export type ReadDocument =
  | {
      readonly operations: readonly GraphqlOperation[];
      /** Texts in quotes, with their places. */
      readonly literals: readonly GraphqlLiteral[];
      readonly faults?: undefined;
    }
  | { readonly operations?: undefined; readonly faults: readonly DocumentFault[] };

/** More tokens than this are no document that somebody has written. */
const MAX_TOKENS = 50_000;

/**
 * Reads `text`; with `schema`, the text of one, it is validated too.
 *
 * @throws {GraphqlMissing} where the package is not installed
 */
export function readDocument(text: string, schema?: string): ReadDocument {
  const graphql = graphqlPackage();
  const parsed = parse(graphql, text);
  if ('faults' in parsed) return parsed;
  const operations = parsed.document.definitions.flatMap((definition) =>
    isOperation(definition) ? [operationOf(definition)] : [],
  );
  const faults = [
    ...shapeFaults(parsed.document, operations),
    ...(schema === undefined ? [] : againstSchema(graphql, parsed.document, schema)),
  ];
  return faults.length > 0
    ? { faults }
    : { operations, literals: literalsOf(graphql, parsed.document) };
}

/** A fault with its place in `file`, if it has one. */
export const placedIn = (file: string, { message, line, column }: DocumentFault): string =>
  line === undefined ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`;

function parse(
  graphql: GraphqlPackage,
  text: string,
): { readonly document: DocumentNode } | { readonly faults: readonly DocumentFault[] } {
  try {
    return { document: graphql.parse(text, { maxTokens: MAX_TOKENS }) };
  } catch (error) {
    // What `parse` throws is always one of these.
    return { faults: [faultOf(error as GraphQLError)] };
  }
}

const isOperation = ({ kind }: DefinitionNode): boolean => kind === 'OperationDefinition';

/** What a server would refuse whatever its schema. */
function* shapeFaults(
  { definitions }: DocumentNode,
  operations: readonly GraphqlOperation[],
): Generator<DocumentFault> {
  if (operations.length === 0) yield { message: 'has no operation' };
  const seen = new Set<string | undefined>();
  for (const { name } of operations) {
    if (name === undefined && operations.length > 1) {
      yield { message: 'has several operations, so that each needs a name' };
      return;
    }
    if (seen.has(name)) yield { message: `has two operations "${name}"` };
    seen.add(name);
  }
  const foreign = definitions.find(
    (each) => !isOperation(each) && each.kind !== 'FragmentDefinition',
  );
  if (foreign !== undefined) {
    yield { message: 'defines types: a document has operations and fragments' };
  }
}

function literalsOf({ visit }: GraphqlPackage, document: DocumentNode): readonly GraphqlLiteral[] {
  const literals: GraphqlLiteral[] = [];
  visit(document, {
    StringValue({ value, loc }) {
      const { line, column } = loc?.startToken ?? {};
      literals.push({ value, line, column });
    },
  });
  return literals;
}

function operationOf(definition: DefinitionNode): GraphqlOperation {
  // The caller has looked at its kind.
  const { name, operation, variableDefinitions = [] } = definition as OperationDefinitionNode;
  return {
    name: name?.value,
    kind: operation,
    variables: variableDefinitions.map(({ variable, type, defaultValue }) => {
      const isNonNull = type.kind === 'NonNullType';
      const inner = isNonNull ? type.type : type;
      return {
        name: variable.name.value,
        type: typeText(type),
        named: namedType(type),
        isList: inner.kind === 'ListType',
        isRequired: isNonNull && defaultValue === undefined,
      };
    }),
  };
}

function typeText(type: TypeNode): string {
  if (type.kind === 'NonNullType') return `${typeText(type.type)}!`;
  return type.kind === 'ListType' ? `[${typeText(type.type)}]` : type.name.value;
}

const namedType = (type: TypeNode): string =>
  type.kind === 'NamedType' ? type.name.value : namedType(type.type);

function againstSchema(
  graphql: GraphqlPackage,
  document: DocumentNode,
  schemaText: string,
): readonly DocumentFault[] {
  let schema;
  try {
    schema = graphql.buildSchema(schemaText);
  } catch (error) {
    const { message, line, column } = faultOf(error as GraphQLError);
    const at = line === undefined ? '' : ` at ${line}:${column}`;
    return [{ message: `the schema cannot be used${at}: ${message}` }];
  }
  return graphql.validate(schema, document).map(faultOf);
}

function faultOf({ message, locations }: GraphQLError): DocumentFault {
  const [place] = locations ?? [];
  return { message: message.split('\n', 1)[0]!, line: place?.line, column: place?.column };
}
