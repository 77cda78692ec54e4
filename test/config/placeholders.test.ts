import { describe, expect, test } from 'vitest';
import { configOf, faultsOf, withOrders } from './config-files.ts';

const environment = {
  PORT: '8081',
  HEX: '0x10',
  YES: 'true',
  EMPTY: '',
  STAR: '*.example.com',
  YAML: 'a: {b: [1]}\n- c',
  ZERO: '0',
  WORD: 'word',
};
const body = async (written: string): Promise<unknown> => {
  const text = withOrders(`routes: { a: { match: { path: /a }, respond: { body: ${written} } } }`);
  const { routes } = await configOf(text, environment);
  const action = routes[0]!.action as unknown as { body: unknown };
  return action.body;
};

describe('a value from the environment', () => {
  test('takes its YAML type where it stands bare and alone', async () => {
    const { server, admin } = await configOf(
      withOrders('server:\n  port: ${PORT}\nadmin:\n  port: ${HEX}'),
      environment,
    );
    expect(server.listeners[0]?.address).toMatchObject({ port: 8081 });
    expect(admin?.port).toBe(16);
    const { logs } = await configOf(
      withOrders('telemetry:\n  logs:\n    access: ${YES}'),
      environment,
    );
    expect(logs.access).toBe(true);
  });

  test('stays text in quotes, beside other text, and by a tag', async () => {
    expect(await body('"${PORT}"')).toBe('8081');
    expect(await body("'${YES}'")).toBe('true');
    expect(await body('"${PORT}${ZERO}"')).toBe('80810');
    const faults = await faultsOf(withOrders('server:\n  port: "${PORT}"'), environment);
    expect(faults).toEqual([
      'c.yaml:4:9  server.port: expected a number, found ${PORT}; write it without quotes, on a line of its own',
    ]);
    const tagged = await faultsOf(withOrders('server:\n  port: !!str ${PORT}'), environment);
    expect(tagged).toHaveLength(1);
  });

  test('cannot add YAML: it is one scalar, whatever is in it', async () => {
    const text = (name: string): string =>
      withOrders(`routes:\n  a:\n    match: { path: /a }\n    respond:\n      body: \${${name}}`);
    for (const name of ['YAML', 'STAR', 'WORD'] as const) {
      const { routes } = await configOf(text(name), environment);
      expect(routes[0]!.action).toMatchObject({ body: environment[name] });
    }
  });

  test('is not read in keys', async () => {
    expect(await faultsOf(withOrders('"${WORD}": 1'), environment)).toEqual([
      expect.stringContaining('c.yaml:3:1  ${WORD}: unknown key'),
    ]);
  });

  test('counts as not written where it is empty', async () => {
    const { server } = await configOf(
      withOrders('server:\n  host: ${EMPTY}\n  port: ${NONE:-}\n  limits: { body: "${EMPTY}" }'),
      environment,
    );
    expect(server.listeners[0]?.address).toEqual({ host: '0.0.0.0', port: 8080 });
    expect(server.limits.bodyBytes).toBe(1_048_576);
  });

  test('that is empty is a fault where the key must be there', async () => {
    expect(await faultsOf('version: ${EMPTY}', environment)).toEqual([
      'c.yaml:1:10  version: is missing: ${EMPTY} is empty',
    ]);
  });

  test('that is empty stays empty text in a list, and where no placeholder was', async () => {
    const text = 'version: 1\nupstreams: { a: { targets: ["${EMPTY}"], host: "" } }';
    expect(await faultsOf(text, environment)).toEqual([
      'c.yaml:2:29  upstreams.a.targets[0]: ${EMPTY} is not an http or https URL, such as "http://orders:4001"',
      'c.yaml:2:48  upstreams.a.host: must not be empty',
    ]);
  });

  test('that is empty is empty text where an alias puts it into a list', async () => {
    const text = withOrders(
      [
        'server: { host: &h "${EMPTY}" }',
        'routes: { a: { match: { path: /a, hosts: [*h] }, upstream: orders } }',
      ].join('\n'),
    );
    expect(await faultsOf(text, environment)).toEqual([
      expect.stringContaining('c.yaml:4:43  routes.a.match.hosts[0]: "" is not a host'),
    ]);
  });

  test('is the same at every alias of its anchor', async () => {
    const text = [
      'version: 1',
      'upstreams:',
      '  a: { targets: [http://a:1], host: &host "${HOST:-}", timeout: &t "${TIMEOUT}" }',
      '  b: { targets: [http://b:1], host: *host, timeout: *t }',
    ].join('\n');
    const { upstreams } = await configOf(text, { TIMEOUT: '3s' });
    expect(upstreams['b']).toMatchObject({ host: 'target', timeoutMs: 3_000 });
  });
});

describe('a variable that is not set', () => {
  test('is one fault, and nothing is said of the value that is not there', async () => {
    const text = [
      'version: ${VERSION}',
      'upstreams: { a: { targets: ["${A}"], timeout: "${T}", host: &h "${H}" } }',
      'routes:',
      '  a: { match: { path: "${P}" }, upstream: "${U}", rewrite: "${R}" }',
      '  b: { match: { path: /b, hosts: [*h] }, upstream: a }',
    ].join('\n');
    const faults = await faultsOf(text);
    expect(faults.map((fault) => fault.split(' is not set')[0])).toEqual([
      'c.yaml:1:10  version: environment variable VERSION',
      'c.yaml:2:29  upstreams.a.targets[0]: environment variable A',
      'c.yaml:2:47  upstreams.a.timeout: environment variable T',
      'c.yaml:2:64  upstreams.a.host: environment variable H',
      'c.yaml:4:23  routes.a.match.path: environment variable P',
      'c.yaml:4:43  routes.a.upstream: environment variable U',
      'c.yaml:4:60  routes.a.rewrite: environment variable R',
    ]);
  });
});

describe('a variable without braces', () => {
  const warnings = (more: string): Promise<string[]> => faultsOf(withOrders(more), environment);

  test('is a warning that says how it is written', async () => {
    expect(await warnings('telemetry:\n  logs:\n    level: $LOG_LEVEL')).toEqual([
      'c.yaml:5:12  warning: telemetry.logs.level: "$LOG_LEVEL" is used literally: a variable is written ${LOG_LEVEL}',
      expect.stringContaining('expected one of trace'),
    ]);
    const told = 'is used literally: a variable is written ${WORD}';
    for (const written of ['$WORD', '$(WORD)', 'a/$WORD/b', '$(WORD)-${PORT}']) {
      const as = written.includes('(') ? '$(WORD)' : '$WORD';
      const route = `routes: { a: { match: { path: /a }, respond: { body: "${written}" } } }`;
      expect(await warnings(route)).toEqual([
        `c.yaml:3:54  warning: routes.a.respond.body: "${as}" ${told}`,
      ]);
    }
  });

  test('is a fault where a secret is expected, and not told', async () => {
    const secrets = {
      'admin: { token: "$PORTICO_ADMIN_TOKEN" }': 'admin.token',
      'admin: { token: $(PORTICO_ADMIN_TOKEN) }': 'admin.token',
      'plugins: { jwt: { issuers: { a: { issuer: a, algorithms: [HS256], secret: $A_SECRET_OF_THE_ISSUER_IN_THE_SHOP } } } }':
        'plugins.jwt.issuers.a.secret',
      'defaults: { routes: { headers: { request: { set: { x-api-key: $SHOP_KEY } } } } }':
        'defaults.routes.headers.request.set.x-api-key',
    };
    for (const [written, path] of Object.entries(secrets)) {
      expect(await warnings(written)).toEqual([
        expect.stringMatching(
          /^c\.yaml:3:\d+ {2}\S+: is used literally, and is not a secret: a variable is written \$\{NAME\}$/,
        ),
      ]);
      expect((await warnings(written))[0]).toContain(` ${path}: `);
    }
  });

  test('is a fault in the host of a target, set or not', async () => {
    const text = 'version: 1\nupstreams: { a: { targets: ["http://$UNSET_HOST:1"] } }';
    expect(await faultsOf(text)).toEqual([
      'c.yaml:2:29  upstreams.a.targets[0]: "http://$UNSET_HOST:1" has a $ in its host: a variable is ${NAME}',
    ]);
  });

  test('is not seen in patterns, passwords and prices', async () => {
    for (const written of [
      '^/a$',
      'pa$$word',
      'S3$cret',
      '$5',
      '$',
      'a$(b)',
      '$UNSET-x',
      '${NO:-$WORD}',
    ]) {
      const route = `routes: { a: { match: { path: /a }, respond: { body: '${written}' } } }`;
      expect(await warnings(route)).toEqual([]);
    }
    expect(await warnings("admin: { token: 'S3$WORD-and-so-on-and-on' }")).toEqual([
      expect.stringContaining('warning: admin.token: '),
    ]);
  });
});
