/** A real GraphQL server: the package's own `execute` over HTTP, with persisted queries as clients know them. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { buildSchema, graphql, GraphQLError } from 'graphql';
import { startUpstream, type FakeUpstream } from '../helpers/upstream.ts';

export const SCHEMA = `
  type Query {
    product(id: ID!): Product
    echo(text: String, texts: [String!], n: Int, x: Float, ok: Boolean, any: Any): String
    failing(code: String): String
    failingHard(code: String): String!
  }
  type Mutation { addReview(product: ID!, stars: Int!): Review }
  type Product { id: ID!, name: String!, reviews(first: Int = 2): [Review!] }
  type Review { stars: Int!, text: String }
  scalar Any
`;

/** A message that no client may ever see. */
export const SECRET = 'SELECT * FROM reviews -- at db-7.internal:5432';

const failing = ({ code }: { readonly code?: string | null }): never => {
  throw new GraphQLError(SECRET, code == null ? {} : { extensions: { code } });
};

const reviews = [
  { stars: 5, text: 'good' },
  { stars: 3, text: null },
  { stars: 1, text: 'bad' },
];

const ROOT = {
  product: ({ id }: { readonly id: string }) =>
    id === 'none'
      ? null
      : {
          id,
          name: `Product ${id}`,
          reviews: ({ first }: { readonly first: number }) => reviews.slice(0, first),
        },
  echo: (values: object) => JSON.stringify(values),
  failing,
  failingHard: failing,
  addReview: ({ stars }: { readonly stars: number }) => ({ stars, text: 'thanks' }),
};

/** What a client sent, by either method. */
export interface GraphqlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash: string } };
  /** The JSON of its body, as it came. */
  readonly body: string;
}

export interface GraphqlServer extends FakeUpstream {
  readonly received: readonly GraphqlRequest[];
  /** The texts that it knows by their hash; it learns those that it is sent. */
  readonly known: Map<string, string>;
}

export interface ServerOptions {
  /** What it does with persisted queries. Default: it knows none of them. */
  readonly persisted?: 'keeps' | 'forgets' | 'refuses';
}

export async function startGraphqlServer(options: ServerOptions = {}): Promise<GraphqlServer> {
  const schema = buildSchema(SCHEMA);
  const received: GraphqlRequest[] = [];
  const known = new Map<string, string>();
  const upstream = await startUpstream((request, response) => {
    void (async () => {
      const asked = await readRequest(request, received);
      const source = textOf(asked, known, options);
      const answer =
        typeof source === 'string'
          ? await graphql({
              schema,
              source,
              rootValue: ROOT,
              ...(asked.operationName !== undefined && { operationName: asked.operationName }),
              ...(asked.variables !== undefined && { variableValues: asked.variables }),
            })
          : source;
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(JSON.stringify(answer));
    })();
  });
  return Object.defineProperties(upstream as GraphqlServer, {
    received: { value: received },
    known: { value: known },
  });
}

async function readRequest(
  request: Parameters<Parameters<typeof startUpstream>[0]>[0],
  received: GraphqlRequest[],
): Promise<GraphqlRequest> {
  const { method = '', url = '', headers } = request;
  const body = await text(request);
  const parameters = new URL(url, 'http://x').searchParams;
  const fields =
    method === 'GET'
      ? Object.fromEntries(
          [...parameters].map(([name, value]) => [
            name,
            name === 'variables' || name === 'extensions' ? JSON.parse(value) : value,
          ]),
        )
      : JSON.parse(body);
  const asked = { method, url, headers, body, ...fields } as GraphqlRequest;
  received.push(asked);
  return asked;
}

/** The text to execute, or the answer where there is none. */
function textOf(
  { query, extensions }: GraphqlRequest,
  known: Map<string, string>,
  { persisted }: ServerOptions,
): string | object {
  const hash = extensions?.persistedQuery?.sha256Hash;
  if (hash === undefined) return query ?? '';
  if (persisted === 'refuses') return refusal('PERSISTED_QUERY_NOT_SUPPORTED');
  if (query === undefined) return known.get(hash) ?? refusal('PERSISTED_QUERY_NOT_FOUND');
  if (createHash('sha256').update(query).digest('hex') !== hash) return refusal('BAD_HASH');
  if (persisted !== 'forgets') known.set(hash, query);
  return query;
}

const MESSAGES: Readonly<Record<string, string>> = {
  PERSISTED_QUERY_NOT_FOUND: 'PersistedQueryNotFound',
  PERSISTED_QUERY_NOT_SUPPORTED: 'PersistedQueryNotSupported',
};

const refusal = (code: string): object => ({
  errors: [{ message: MESSAGES[code] ?? code, extensions: { code } }],
});
