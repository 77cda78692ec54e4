/** A GraphQL operation as a part of an aggregate, against a real server. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { configFolder } from './config-folder.ts';
import { SCHEMA, SECRET, startGraphqlServer } from './shop-server.ts';

const REVIEWS = `query ProductReviews($id: ID!, $first: Int = 2) {
  product(id: $id) { reviews(first: $first) { stars text } }
}
query Names($id: ID!) { product(id: $id) { name } }`;
const ECHO = `query Echo($text: String, $texts: [String!], $n: Int, $x: Float, $ok: Boolean, $any: Any) {
  echo(text: $text, texts: $texts, n: $n, x: $x, ok: $ok, any: $any)
}`;
const FAILING = 'query F($code: String) { failing(code: $code) product(id: "1") { name } }';
const RATE =
  'mutation Rate($id: ID!, $stars: Int!) { addReview(product: $id, stars: $stars) { stars } }';

const folder = (): string =>
  configFolder({
    'reviews.graphql': REVIEWS,
    'echo.graphql': ECHO,
    'failing.graphql': FAILING,
    'rate.graphql': RATE,
    'schema.graphql': SCHEMA,
  });

interface Graphql {
  readonly document: string;
  readonly schema?: string;
  readonly operation?: string;
  readonly variables?: object;
  readonly errors?: string;
}
type Part = Readonly<Record<string, unknown>> & { readonly graphql: Graphql };

async function serving(parts: Readonly<Record<string, Part>>) {
  const shop = await startGraphqlServer();
  const at = folder();
  const placed = Object.entries(parts).map(([name, { graphql, ...keys }]) => {
    const { document, schema, ...rest } = graphql;
    const files = {
      document: join(at, document),
      ...(schema !== undefined && { schema: join(at, schema) }),
    };
    return [name, { upstream: 'shop', graphql: { ...rest, ...files }, ...keys }];
  });
  const gateway = await startGateway({
    config: {
      upstreams: { shop: { targets: [shop.url] } },
      routes: { page: { match: { path: '/p/{id}' }, aggregate: Object.fromEntries(placed) } },
    },
  });
  return { ...gateway, received: shop.received };
}

const reviews = {
  graphql: {
    document: 'reviews.graphql',
    operation: 'ProductReviews',
    schema: 'schema.graphql',
    variables: { id: '{id}', first: '{query.limit}' },
  },
  unwrap: 'product.reviews',
};

describe('the request', () => {
  test('is one POST to /graphql, with the text of the document and the variables', async () => {
    const { fetch, received } = await serving({ reviews });
    const response = await fetch('/p/7?limit=1');
    expect(await response.json()).toEqual({ reviews: [{ stars: 5, text: 'good' }] });
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: '/graphql',
        query: REVIEWS,
        operationName: 'ProductReviews',
        variables: { id: '7', first: 1 },
        headers: {
          accept: 'application/graphql-response+json, application/json;q=0.9',
          'content-type': 'application/json',
        },
      },
    ]);
  });

  test('leaves out a variable whose value is not there, if the operation allows that', async () => {
    const { fetch, received } = await serving({ reviews });
    expect(await (await fetch('/p/7')).json()).toEqual({
      reviews: [
        { stars: 5, text: 'good' },
        { stars: 3, text: null },
      ],
    });
    expect(received[0]!.variables).toEqual({ id: '7' });
  });

  test.each(['x', '1.5', '1e3', '0x10', '', ' 1', '4294967296'])(
    'of a client that sends %j for an Int is 400, and makes no call',
    async (limit) => {
      const { fetch, received } = await serving({ reviews });
      const response = await fetch(`/p/7?limit=${encodeURIComponent(limit)}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('the variable first must be of type Int');
      expect(received).toEqual([]);
    },
  );

  test('has values of other parts with their types and digits', async () => {
    const { fetch, received } = await serving({
      first: { graphql: { document: 'echo.graphql', variables: { n: 5, ok: true } } },
      second: {
        graphql: {
          document: 'echo.graphql',
          variables: {
            text: '{first.echo}',
            any: { all: '{first}', list: [1, '{id}', '{query.none}'] },
          },
        },
      },
    });
    await fetch('/p/7');
    const echo = '{"n":5,"ok":true}';
    expect(received[1]!.variables).toEqual({ text: echo, any: { all: { echo }, list: [1, '7'] } });
  });

  test('has numbers and truth values where the operation declares them', async () => {
    const variables = { n: '{query.n}', x: '{query.x}', ok: '{query.ok}', text: '{query.n}' };
    const { fetch, received } = await serving({
      echo: { graphql: { document: 'echo.graphql', variables } },
    });
    await fetch('/p/7?n=-3&x=1.50&ok=false');
    expect(received[0]!.body).toContain('"variables":{"n":-3,"x":1.50,"ok":false,"text":"-3"}');
  });

  test('goes to the path and with the headers of its part', async () => {
    const { fetch, received } = await serving({
      names: {
        path: '/api/{id}',
        headers: { 'x-page': 'p' },
        query: { v: '2' },
        graphql: { document: 'reviews.graphql', operation: 'Names', variables: { id: '{id}' } },
      },
    });
    await fetch('/p/7');
    expect(received).toMatchObject([{ url: '/api/7?v=2', headers: { 'x-page': 'p' } }]);
  });

  test('of a mutation has the same form, without the client’s body', async () => {
    const variables = { id: '{id}', stars: '{query.s}' };
    const { fetch, received } = await serving({
      rated: { graphql: { document: 'rate.graphql', variables } },
    });
    const response = await fetch('/p/7?s=4', { method: 'POST', body: 'mine' });
    expect(await response.json()).toEqual({ rated: { addReview: { stars: 4 } } });
    expect(received[0]!.body).not.toContain('mine');
  });
});

test('two hundred hostile values of a variable reach the server as they are', async () => {
  const { fetch, received } = await serving({
    echo: {
      graphql: {
        document: 'echo.graphql',
        variables: { text: '{query.v}', texts: ['{query.v}', 'a {query.v} b'] },
      },
    },
  });
  const values = hostileValues();
  expect(values.length).toBeGreaterThanOrEqual(200);
  for (const value of values) {
    const response = await fetch(`/p/7?v=${encodeURIComponent(value)}`);
    expect(JSON.parse(((await response.json()) as { echo: { echo: string } }).echo.echo)).toEqual({
      text: value,
      texts: [value, `a ${value} b`],
    });
  }
  expect(new Set(received.map(({ query }) => query))).toEqual(new Set([ECHO]));
});

/** Ends of strings, of JSON and of queries; escapes, controls, braces, comments, templates, other scripts. */
function hostileValues(): readonly string[] {
  const pieces = [
    '"',
    "'",
    '\\',
    '\\"',
    '"""',
    '}',
    '{',
    '}}',
    ')',
    '){x}',
    '") { product(id: "1") { name } } #',
    '$id',
    '$text',
    '{id}',
    '{query.v}',
    '{first.echo}',
    '{claim.sub}',
    '${id}',
    '","variables":{}',
    '","query":"{x}',
    '\n',
    '\r\n',
    '\t',
    '\u0001',
    '\u001f',
    '\u007f',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ud83d\ude00',
    'é',
    '#',
    '# comment',
    ',',
    '...',
    '@skip(if: true)',
    'null',
    'true',
    '1',
    '1e999',
    '[]',
    '{}',
    '__proto__',
    'constructor',
    '<script>',
    '%00',
    '%7B',
    '&x=1',
    '+',
    '../..',
  ];
  return pieces.flatMap((piece) => [piece, `a${piece}`, `${piece}${piece}`, `x ${piece} y`]);
}

describe('errors', () => {
  const part = (mode: string, code?: string) => ({
    graphql: {
      document: 'failing.graphql',
      errors: mode,
      variables: code === undefined ? {} : { code },
    },
  });

  test('beside data: degrade uses it and says so, ignore uses it, fail leaves the part out', async () => {
    const { fetch } = await serving({
      a: part('degrade'),
      b: part('ignore'),
      c: part('fail'),
    });
    const response = await fetch('/p/7');
    const data = { failing: null, product: { name: 'Product 1' } };
    expect(await response.json()).toEqual({ a: data, b: data });
    expect(response.headers.get('gateway-degraded')).toBe(
      'a;reason=partial, c;reason=graphql-error',
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('never go out with their messages, whatever the part tells of its failure', async () => {
    const { fetch } = await serving({
      a: part('degrade', 'TIMEOUT'),
      c: { ...part('fail', 'TIMEOUT'), required: true, onError: 'detail' },
    });
    const response = await fetch('/p/7');
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(text).toContain('"reason":"graphql-error"');
    const refused = await startGateway({
      config: {
        routes: {
          page: {
            match: { path: '/' },
            aggregate: {
              a: {
                upstream: 'shop',
                graphql: { document: join(folder(), 'failing.graphql') },
                onError: 'detail',
              },
            },
            aggregation: { minimum: 0 },
          },
        },
      },
      upstreams: { shop: () => ({ status: 400, body: { errors: [{ message: SECRET }] } }) },
    });
    expect(await (await refused.fetch('/')).json()).toEqual({
      a_error: { reason: 'status-400', status: 400 },
    });
    for (const piece of [SECRET, 'SELECT', 'db-7', 'TIMEOUT']) {
      expect(text + JSON.stringify([...response.headers])).not.toContain(piece);
    }
  });
});
