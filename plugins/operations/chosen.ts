/** Finds the operation that a client asks for among the known ones. */
import { GatewayError, type GraphqlOperation } from 'portico';
import type { Asked } from './asked.ts';
import type { KnownDocument, KnownOperations } from './known.ts';

/** An operation of the file, ready to be sent. */
export interface ChosenOperation {
  readonly operation: GraphqlOperation;
  /** The JSON that upstreams get: nothing of the client's names an operation in it. */
  readonly body: Buffer;
}

/**
 * What is asked for: `free` is a text of the client's own, `unknown` an id that is not in the file.
 */
export type Choice = ChosenOperation | 'free' | 'unknown';

/** @throws GW_OPERATION_UNKNOWN for a name that the document does not have, GW_METHOD_NOT_ALLOWED, GW_REQUEST_INVALID */
export function choose(asked: Asked, known: KnownOperations, method: string): Choice {
  const { id, text } = asked;
  if (id === undefined && text === undefined) {
    const detail = 'no operation is named: send id, documentId, a hash or a query';
    throw new GatewayError('GW_REQUEST_INVALID', detail);
  }
  const document =
    (id === undefined ? undefined : known.byId(id)) ??
    (text === undefined ? undefined : known.byText(text));
  if (document === undefined) return text === undefined ? 'unknown' : 'free';
  const operation = operationOf(document, asked.operationName);
  mustBePost(operation, method);
  return { operation, body: bodyFor(document, operation, asked) };
}

function operationOf({ operations }: KnownDocument, asked: string | undefined): GraphqlOperation {
  if (asked === undefined) {
    if (operations.length === 1) return operations[0]!;
    throw new GatewayError('GW_REQUEST_INVALID', 'operationName must say which operation is meant');
  }
  const operation = operations.find(({ name }) => name === asked);
  if (operation !== undefined) return operation;
  throw new GatewayError('GW_OPERATION_UNKNOWN', 'the document has no operation of that name');
}

/** A link must not change anything. */
function mustBePost({ kind }: GraphqlOperation, method: string): void {
  if (kind !== 'mutation' || method === 'POST') return;
  const headers = { allow: 'POST' };
  throw new GatewayError('GW_METHOD_NOT_ALLOWED', 'a mutation needs POST', { headers });
}

const bodyFor = (
  { text }: KnownDocument,
  { name }: GraphqlOperation,
  { variables, extensions }: Asked,
): Buffer =>
  Buffer.from(JSON.stringify({ query: text, operationName: name, variables, extensions }));
