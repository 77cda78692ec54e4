/** Checks requests for one operation: its parameters and its body. */
import type { FastifyRequest } from 'fastify';
import { type ApiParameter, type GatewayError, isGatewayError, type RouteOperation } from 'portico';
import { type Part, refusal } from '../refusal.ts';
import { type BodyCheck, compileBody } from './content.ts';
import type { DocumentSchemas, Pause } from './document-schemas.ts';
import { compilePlace, type Pairs, type PlaceCheck, type PlaceRules } from './parameters.ts';
import {
  cookiePairs,
  decodeCookie,
  decodeQuery,
  headerPairs,
  pathPairs,
  queryPairs,
} from './places.ts';

export interface CheckedOperation {
  readonly method: string;
  readonly path: string;
  readonly isOpen: boolean;
  /** What is wrong with everything but the body. */
  headFault(request: FastifyRequest): Refused | undefined;
  bodyFault(request: FastifyRequest): Promise<Refused | undefined>;
  readonly looksAtBody: boolean;
}

export interface Refused {
  readonly part: Part;
  readonly error: GatewayError;
}

export interface OperationRules {
  readonly refusesUnknown: boolean;
}

interface HeadCheck {
  readonly part: Part;
  readonly pairsOf: (request: FastifyRequest) => Pairs;
  readonly check: PlaceCheck;
}

export async function compileOperation(
  operation: RouteOperation,
  { refusesUnknown }: OperationRules,
  schemas: DocumentSchemas,
  pause: Pause,
): Promise<CheckedOperation> {
  const { method, path, isOpen = false, checksItself = false } = operation;
  const heads = await compileHead(operation, refusesUnknown, schemas, pause);
  const body = checksItself ? undefined : await compileBody(operation.body, schemas, pause);
  return {
    method,
    path,
    isOpen,
    looksAtBody: body !== undefined,
    headFault: (request) => {
      for (const { part, pairsOf, check } of heads) {
        const faults = check(pairsOf(request));
        if (faults.length > 0) return { part, error: refusal(part, faults) };
      }
      return undefined;
    },
    bodyFault: async (request) => {
      const error = await bodyError(body, request);
      return error && { part: 'body', error };
    },
  };
}

async function compileHead(
  { parameters, path, isOpen = false, checksItself = false }: RouteOperation,
  refusesUnknown: boolean,
  schemas: DocumentSchemas,
  pause: Pause,
): Promise<readonly HeadCheck[]> {
  const of = (place: ApiParameter['in']): ApiParameter[] =>
    parameters
      .filter((each) => each.in === place)
      // The route itself looks at the values.
      .map((each) => (checksItself ? { ...each, isRequired: false, schema: {} } : each));
  const heads: HeadCheck[] = [];
  const add = async (
    part: Part,
    described: readonly ApiParameter[],
    rules: PlaceRules,
    pairsOf: HeadCheck['pairsOf'],
  ): Promise<void> => {
    const check = await compilePlace(described, rules, schemas, pause);
    if (check !== undefined) heads.push({ part, pairsOf, check });
  };
  const asIs = (text: string): string => text;
  const inPath = pathPairs(path, isOpen);
  // The last parameter of an open path is whatever follows.
  const named = of('path').filter(({ name }) => inPath.names.has(name));
  const headers = of('header').map((each) => ({ ...each, name: each.name.toLowerCase() }));
  await add(
    'params',
    named,
    { decode: decodeURIComponent, refusesUnknown: false, isPath: true },
    inPath.pairsOf,
  );
  await add('query', of('query'), { decode: decodeQuery, refusesUnknown }, queryPairs);
  await add('headers', headers, { decode: asIs, refusesUnknown: false }, headerPairs(headers));
  await add('cookies', of('cookie'), { decode: decodeCookie, refusesUnknown: false }, cookiePairs);
  return heads;
}

const FAULTS: ReadonlySet<string> = new Set(['GW_REQUEST_INVALID', 'GW_MEDIA_TYPE']);

/** @throws what is not a fault of the content: it is too large, too slow, or gone */
async function bodyError(
  check: BodyCheck | undefined,
  request: FastifyRequest,
): Promise<GatewayError | undefined> {
  try {
    await check?.(request);
    return undefined;
  } catch (error) {
    if (isGatewayError(error) && FAULTS.has(error.code)) return error;
    throw error;
  }
}
