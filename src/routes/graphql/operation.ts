/**
 * The request of a GraphQL part: `POST` with the operation's text and the variables as JSON.
 *
 * Values of clients and of other parts go into `variables` only. The text is the document's, always.
 */
import { createHash } from 'node:crypto';
import type { GraphqlOperation } from '../../config/graphql/document.ts';
import type { RenderBody } from '../part-body.ts';
import { compileVariables } from './variables.ts';

/** What to do with `data` that comes with `errors`. */
export type ErrorMode = 'degrade' | 'fail' | 'ignore';

/** A GraphQL part, ready to run. */
export interface GraphqlConfig {
  /** The whole document. */
  readonly text: string;
  readonly operation: GraphqlOperation;
  /** By name: JSON whose texts are templates. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: ErrorMode;
  /** Codes of errors that are the upstream's fault; `none` stands for errors without a code. */
  readonly blame: readonly string[];
  /** Send the hash of the text first. */
  readonly persisted: boolean;
}

/** `application/json` alone means that errors of the request have status 200 with most servers. */
export const GRAPHQL_ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/** The two sides of a body; its variables are between them. */
export interface BodyFrame {
  readonly start: Buffer;
  readonly end: Buffer;
}

export interface OperationFrames {
  /** The text, without a hash. */
  readonly text: BodyFrame;
  /** The text with its hash, so that the server keeps it. */
  readonly both: BodyFrame;
  /** Its hash alone. */
  readonly hash: BodyFrame;
  /** The parameters of GET before the variables. */
  readonly query: string;
}

export function framesOf({ text, operation }: GraphqlConfig): OperationFrames {
  const sha256Hash = createHash('sha256').update(text).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  const operationName = operation.name;
  const parameters = new URLSearchParams({
    ...(operationName !== undefined && { operationName }),
    extensions: JSON.stringify(extensions),
  });
  return {
    text: frame({ query: text, operationName }),
    both: frame({ query: text, operationName, extensions }),
    hash: frame({ operationName, extensions }),
    query: `?${String(parameters)}&variables=`,
  };
}

function frame(members: object): BodyFrame {
  const text = JSON.stringify({ ...members, variables: 0 });
  return { start: Buffer.from(text.slice(0, -2)), end: Buffer.from('}') };
}

export const framed = ({ start, end }: BodyFrame, variables: Uint8Array): Buffer =>
  Buffer.concat([start, variables, end]);

/** The variables in a body that `framed` has made. */
export const variablesIn = ({ start, end }: BodyFrame, body: Uint8Array): Uint8Array =>
  body.subarray(start.length, body.length - end.length);

/** @throws from the function: GW_REQUEST_INVALID, GW_UPSTREAM_INVALID as templates do */
export function compileOperation(config: GraphqlConfig): RenderBody {
  const { text } = framesOf(config);
  const variables = compileVariables(config);
  return (input) => framed(text, variables(input));
}
