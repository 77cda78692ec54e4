import { describe, expect, test } from 'vitest';
import { configOf, faultsOf, withOrders } from './config-files.ts';

/** The messages about one route, without its place and name. */
async function told(keys: string): Promise<string[]> {
  const faults = await faultsOf(withOrders(`routes:\n  a: { ${keys} }`));
  return faults.map((fault) => fault.replace(/^c\.yaml:\d+:\d+ {2}routes\.a\.?/, ''));
}

describe('parameters of a rewrite', () => {
  test('are those of the path, or the named groups of the regex', async () => {
    expect(await told('match: { path: "/a/{id}" }, upstream: orders, rewrite: "/o/{id}"')).toEqual(
      [],
    );
    const regex = 'match: { pathRegex: "/a/(?<id>[0-9]+)" }, upstream: orders';
    expect(await told(`${regex}, rewrite: "/o/{id}"`)).toEqual([]);
    expect(await told(`${regex}, rewrite: "/o/{ix}"`)).toEqual([
      'rewrite: no path parameter {ix}; did you mean "id"?',
    ]);
  });

  test('must be defined by every match', async () => {
    const match = 'match: [{ path: "/a/{id}" }, { path: "/b/{id}/{x}" }], upstream: orders';
    expect(await told(`${match}, rewrite: "/o/{id}"`)).toEqual([]);
    expect(await told(`${match}, rewrite: "/o/{x}"`)).toEqual([
      'rewrite: not every match of the route has the path parameter {x}',
    ]);
  });

  test('are not judged by a match that cannot be read', async () => {
    expect(await told('match: { path: "/a/{id" }, upstream: orders, rewrite: "/o/{id}/*"')).toEqual(
      ['match.path: "/a/{id": a parameter must be a whole segment, such as /{id}'],
    );
    expect(await told('match: { paht: /a }, upstream: orders, rewrite: "/o/{id}/*"')).toHaveLength(
      1,
    );
  });
});

describe('a rewrite', () => {
  test.each([
    ['/o//x', 'is not a canonical path: use "/o/x"'],
    ['/o/../x', 'is not a canonical path: use "/x"'],
    ['/ö', 'is not a canonical path: use "/%C3%B6"'],
    ['/a b', 'is not a canonical path: use "/a%20b"'],
    ['/{id}/./x', 'is not a canonical path'],
    ['/a%', 'cannot be sent: the path contains an invalid escape'],
    ['/o/:id', 'a parameter is written {id}, not :id'],
    ['/o?x=1', 'contains a "?": a path has no query'],
    ['/o*', '* may only be the last segment'],
    ['/*/o', '* may only be the last segment'],
    ['/o/*', 'ends in * but the match is not a prefix: there is nothing to keep'],
  ])('%s is refused: nothing could be sent', async (rewrite, message) => {
    const match = 'match: { path: "/a/{id}" }, upstream: orders';
    expect(await told(`${match}, rewrite: "${rewrite}"`)).toEqual([`rewrite: ${message}`]);
  });

  test('keeps the rest of a prefix, and of any path', async () => {
    for (const match of ['{ path: /a/* }', '{ hosts: [a.example] }', '[{ path: /a/* }, {}]']) {
      expect(await told(`match: ${match}, upstream: orders, rewrite: /o/*`)).toEqual([]);
    }
    const mixed = 'match: [{ path: /a/* }, { path: /b }], upstream: orders, rewrite: /o/*';
    expect(await told(mixed)).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([
    ['new', '"new" is neither a path nor an http or https URL'],
    ['', '"" is neither a path nor an http or https URL'],
    ['ftp://a', '"ftp://a" is neither a path nor an http or https URL'],
    ['/a b', '"/a b" is neither a path nor an http or https URL'],
    ['/b/{x}', 'no path parameter {x} (known: id)'],
    ['/b/*', 'ends in * but the match is not a prefix: there is nothing to keep'],
  ])('to "%s" is refused', async (to, message) => {
    expect(await told(`match: { path: "/a/{id}" }, redirect: { to: "${to}" }`)).toEqual([
      `redirect.to: ${message}`,
    ]);
  });

  test('may go to a path, a URL and what the prefix left', async () => {
    for (const to of ['/b/*', 'https://b.example/x?y=1', 'https://b.example/*']) {
      expect(await told(`match: { path: /a/* }, redirect: { to: "${to}" }`)).toEqual([]);
    }
  });
});

describe('an aggregate', () => {
  const parts = (text: string): Promise<string[]> =>
    told(`match: { path: "/a/{id}" }, aggregate: { ${text} }`);

  test('names every cycle, once', async () => {
    const faults = await parts(
      [
        'a: { upstream: orders, path: "/{b.id}" }',
        'b: { upstream: orders, path: "/{a.id}" }',
        'c: { upstream: orders, path: "/{d.id}" }',
        'd: { upstream: orders, path: "/{e.id}" }',
        'e: { upstream: orders, path: "/{c.id}/{a.id}" }',
        'f: { upstream: orders, path: "/{e.id}" }',
      ].join(', '),
    );
    expect(faults).toEqual([
      'aggregate.a: waits for itself: a → b → a',
      'aggregate.c: waits for itself: c → d → e → c',
    ]);
  });

  test('with many parts that wait for many is checked at once', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `p${i}`);
    const many = names.map((name, i) => {
      const query = names.slice(0, i).map((other) => `${other}: "{${other}.x}"`);
      return `${name}: { upstream: orders, path: /x, query: { ${query.join(', ')} } }`;
    });
    const started = performance.now();
    expect(await parts(many.join(', '))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test.each([
    [
      'path: "/{b}"',
      'path: {b} is a part: name a field of it, such as {b.id}',
      'b: { upstream: orders, path: /b }',
    ],
    ['path: "/x/*"', 'path: * has no meaning in a part: name parameters, such as {id}'],
    [
      'path: /x, required: true, default: {}',
      'default: cannot be combined with "required": if the part fails, so does the response',
    ],
  ])('a part with %s says less than it seems to', async (keys, message, other = '') => {
    expect(await parts(`a: { upstream: orders, ${keys} }, ${other}`)).toEqual([
      `aggregate.a.${message}`,
    ]);
    expect(await parts(`a: { upstream: orders, path: /x, required: true }`)).toEqual([]);
  });

  test('asks for claims where somebody says who the client is', async () => {
    const part = 'x: { upstream: orders, path: "/users/{claim.sub}" }';
    const fault = 'aggregate.x.path: {claim.sub} needs one of mtls, jwt, apiKey on this route';
    expect(await parts(part)).toEqual([fault]);
    const route = (keys: string): string =>
      `routes: { a: { match: { path: /a }, ${keys} aggregate: { ${part} } } }`;
    const known = `plugins: { apiKey: { consumers: { a: { keys: [${'ab'.repeat(32)}] } } } }\n`;
    expect(await faultsOf(withOrders(known + route('apiKey: {},')))).toEqual([]);
    const common = `${known}defaults: { routes: { apiKey: {} } }\n`;
    expect(await faultsOf(withOrders(common + route('')))).toEqual([]);
    expect(await faultsOf(withOrders(common + route('apiKey: false,')))).toHaveLength(1);
  });

  test('a part may be called what a path parameter is', async () => {
    expect(
      await parts('id: { upstream: orders, path: /id }, a: { upstream: orders, path: "/{id}" }'),
    ).toEqual([]);
  });

  test('knows methods', async () => {
    expect(await parts('a: { upstream: orders, path: /x, method: PSOT }')).toEqual([
      'aggregate.a.method: "PSOT" is not a method; did you mean "POST"?',
    ]);
    expect(await parts('a: { upstream: orders, path: /x, method: TRACE }')).toEqual([
      'aggregate.a.method: "TRACE" is never served',
    ]);
  });

  test('sends canonical paths without a query', async () => {
    expect(await parts('a: { upstream: orders, path: "/x?y={id}" }')).toEqual([
      'aggregate.a.path: contains a "?": a path has no query',
    ]);
  });

  test('may name the request, and may not take its names', async () => {
    const query = '{ q: "{query.q}", h: "{header.x-y}", i: "{id}" }';
    expect(await parts(`a: { upstream: orders, path: /x, query: ${query} }`)).toEqual([]);
    expect(await parts('claim: { upstream: orders, path: /x }')).toEqual([
      'aggregate.claim: cannot name a part: {claim.…} refers to the request',
    ]);
  });
});

describe('connections of an upstream', () => {
  const upstreams = (common: string, own: string): string =>
    `version: 1\ndefaults: { upstreams: ${common} }\nupstreams: { a: { targets: [http://a:1], ${own} } }`;
  const message = "fewer connections than the bulkhead's concurrency";

  test.each([
    ['{}', 'connections: 100', `connections: ${message} (128): calls would wait unseen`],
    ['{}', 'connections: 9, bulkhead: { concurrency: 10 }', `connections: ${message}: calls`],
    ['{ bulkhead: { concurrency: 10 } }', 'connections: 9', `connections: ${message}: calls`],
    ['{ connections: 9 }', 'bulkhead: { concurrency: 10 }', `bulkhead: ${message}: calls`],
    ['{ bulkhead: { concurrency: 10 } }', 'connections: 100, bulkhead: {}', `${message} (128)`],
  ])('with defaults %s, %s is refused', async (common, own, expected) => {
    expect(await faultsOf(upstreams(common, own))).toEqual([expect.stringContaining(expected)]);
  });

  test('may be as many as a default lets through', async () => {
    const { upstreams: built } = await configOf(
      upstreams('{ bulkhead: { concurrency: 10 } }', 'connections: 10'),
    );
    expect(built['a']).toMatchObject({ connections: 10, bulkhead: { concurrency: 10 } });
  });
});

describe('a timeout that is longer than the deadline', () => {
  const upstream = (keys: string, more = ''): string =>
    `version: 1\n${more}\nupstreams: { orders: { targets: [http://orders:4001], ${keys} } }\n`;
  const warning = 'warning: upstreams.orders.timeout: is never reached: the deadline';

  test('is a warning, by the deadline that holds for it', async () => {
    expect(await faultsOf(upstream('timeout: 30s'))).toEqual([
      `c.yaml:3:64  ${warning} (15s by default) ends the call first`,
    ]);
    expect(await faultsOf(upstream('timeout: 2s, deadline: 1s'))).toEqual([
      `c.yaml:3:64  ${warning} (1s) ends the call first`,
    ]);
    const common = 'defaults: { upstreams: { deadline: 4s } }';
    expect(await faultsOf(upstream('timeout: 4500ms', common))).toEqual([
      `c.yaml:3:64  ${warning} (4s) ends the call first`,
    ]);
  });

  test('is one on a route and on a part, too', async () => {
    expect(
      await faultsOf(
        `${upstream('deadline: 6s')}routes:
  a: { match: { path: /a }, timeout: 7s, upstream: orders }
  b:
    match: { path: /b }
    deadline: 2s
    aggregate: { x: { upstream: orders, path: /x, timeout: 3s } }
`,
      ),
    ).toEqual([
      'c.yaml:5:38  warning: routes.a.timeout: is never reached: the deadline (6s) ends the call first',
      'c.yaml:9:60  warning: routes.b.aggregate.x.timeout: is never reached: the deadline (2s) ends the call first',
    ]);
  });

  test('is none where it is as long, or where a route replaces the deadline', async () => {
    expect(await faultsOf(upstream('timeout: 5s'))).toEqual([]);
    const route = 'routes: { a: { match: { path: /a }, deadline: 1m, upstream: orders } }';
    expect(await faultsOf(upstream('timeout: 30s', route))).toEqual([]);
  });

  test('or a deadline that is longer than an answer is waited for, is a warning', async () => {
    const faults = (deadline: string, server = ''): Promise<readonly string[]> =>
      faultsOf(
        `${upstream(`deadline: ${deadline}`, server)}routes: { a: { match: { path: /a }, deadline: 2m, upstream: orders } }\n`,
      );
    expect(await faults('5m')).toEqual([]);
    expect(await faults('6m')).toEqual([
      'c.yaml:3:65  warning: upstreams.orders.deadline: is never reached: server.limits.answer (5m by default) ends the request first',
    ]);
    expect(await faults('10s', 'server: { limits: { answer: 1m } }')).toEqual([
      'c.yaml:4:47  warning: routes.a.deadline: is never reached: server.limits.answer (1m) ends the request first',
    ]);
  });

  test('of which one is no duration is left to the schema', async () => {
    expect(await faultsOf(upstream('timeout: 30s, deadline: 5'))).toHaveLength(1);
    expect(await faultsOf(upstream('timeout: 30'))).toHaveLength(1);
  });
});

describe('an address to listen on', () => {
  const faults = (text: string): Promise<string[]> => faultsOf(`version: 1\n${text}`);

  test.each([
    ['server: { port: 9901 }', 'c.yaml:2:17  server.port: is also the port of admin'],
    ['admin: { port: 8080 }', 'c.yaml:2:16  admin.port: is also the port of server'],
    [
      'server: { host: 127.0.0.1, port: 80 }\nadmin: { port: 80, host: 127.0.0.1 }',
      'c.yaml:3:16  admin.port: is also the port of server',
    ],
    [
      'server: { host: localhost:8080 }',
      'c.yaml:2:17  server.host: "localhost:8080" is not an address or name such as 127.0.0.1, :: or localhost, without a port',
    ],
    [
      'admin: { host: "[::1]" }',
      'c.yaml:2:16  admin.host: "[::1]" is not an address or name such as 127.0.0.1, :: or localhost, without a port',
    ],
  ])('%s is refused', async (text, fault) => {
    expect(await faults(text)).toEqual([fault]);
  });

  test.each([
    'server: { port: 0 }\nadmin: { port: 0 }',
    'server: { port: 9901 }\nadmin: false',
    'server: { host: 127.0.0.1, port: 80 }\nadmin: { host: 127.0.0.2, port: 80 }',
    'server: { host: "fe80::1%eth0" }',
    'server: { host: "::", port: 1 }',
  ])('%s is taken', async (text) => {
    expect(await faults(text)).toEqual([]);
  });
});
