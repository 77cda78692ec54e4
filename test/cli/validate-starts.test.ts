/** `portico validate` does what a start does, up to the ports, and calls nobody. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError, formatFault } from '../../src/config/fault.ts';
import { createGateway } from '../../src/gateway.ts';
import { type Files, folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const DEFINE = `import { definePlugin, z } from 'portico';
const define = (own, schemas = {}) => definePlugin({
  name: 'mine', settings: z.strictObject({}), options: z.int(),
  register: () => ({ route: () => ({ phase: 'request', onRequest() {} }) }), ...schemas, ...own });
`;
const MINE = `version: 1
plugins: { mine: { module: ./mine.ts } }
upstreams: { a: { targets: [http://127.0.0.1:1] } }
routes: { all: { match: { path: /* }, mine: 1, upstream: a } }`;

const plugin = (own: string): Files => ({
  'c.yaml': MINE,
  'mine.ts': `${DEFINE}export default define({ ${own} });`,
});
const fastifyPlugin = (text: string): Files => ({
  'c.yaml': MINE.replace(' mine: 1,', ''),
  'mine.ts': `export default ${text};`,
});
const bff = (register: string): string =>
  `import { defineBff } from 'portico';\nexport default defineBff({ upstreams: [] }, ${register});`;
const MOUNTED = 'version: 1\nroutes: { m: { match: { path: /m/* }, bff: ./bff.ts } }';

const AT_MINE = 'c.yaml:2:18  plugins.mine: ';
const AT_BFF = 'c.yaml:2:44  routes.m.bff: the BFF could not start: ';

const REFUSED: readonly (readonly [rule: string, files: Files, faults: readonly string[]])[] = [
  [
    'a BFF with a route that has no response schema',
    { 'c.yaml': MOUNTED, 'bff.ts': bff(`(app) => void app.get('/', () => 1)`) },
    [`${AT_BFF}GET /: give schema.response a schema for each status, as { 200: … }`],
  ],
  [
    'a BFF that throws',
    { 'c.yaml': MOUNTED, 'bff.ts': bff(`() => { throw new Error('no rooms') }`) },
    [`${AT_BFF}no rooms`],
  ],
  [
    'every BFF that throws, and not the first alone',
    {
      'c.yaml': `version: 1
routes:
  m: { match: { path: /m/* }, bff: ./bff.ts }
  n: { match: { path: /n/* }, bff: ./bff.ts }`,
      'bff.ts': bff(`() => { throw new Error('no rooms') }`),
    },
    [
      'c.yaml:3:36  routes.m.bff: the BFF could not start: no rooms',
      'c.yaml:4:36  routes.n.bff: the BFF could not start: no rooms',
    ],
  ],
  [
    'a plugin that cannot be registered',
    plugin(`async register() { throw new Error('no licence') }`),
    [`${AT_MINE}the plugin could not start: no licence`],
  ],
  [
    'a plugin whose hooks are none',
    plugin(`register: () => ({ rout: () => undefined })`),
    [
      `${AT_MINE}the plugin could not start: register returned the key "rout"; did you mean "route"?`,
    ],
  ],
  [
    'a plugin whose "owns" throws',
    plugin(`owns() { throw new Error('no fields') }`),
    [`${AT_MINE}its "owns" failed: no fields`],
  ],
  [
    'a plugin whose check throws',
    plugin(`*check() { throw new Error('no idea') }`),
    ['c.yaml:4:45  routes.all.mine: the plugin could not check its options: no idea'],
  ],
  [
    'a plugin whose schema throws',
    plugin(`options: z.int().transform(() => { throw new Error('no number') })`),
    ['c.yaml:4:45  routes.all.mine: the plugin could not check its options: no number'],
  ],
  [
    'a plugin whose settings are checked by a promise',
    plugin(`settings: z.strictObject({ a: z.string().default('b').refine(async () => true) })`),
    [expect.stringContaining(`${AT_MINE}the plugin could not check its settings: `) as string],
  ],
  [
    'a plugin whose policy cannot be made',
    plugin(`register: () => ({ route: () => ({ policy() { throw new Error('no policy') } }) })`),
    ['c.yaml:4:11  routes.all: cannot be served: no policy'],
  ],
  [
    'a plugin that takes a path of the admin port twice',
    plugin(`register(_settings, { admin }) {
      for (const _ of '12') admin.post('/x', z.unknown(), () => 1);
      return { route: () => undefined } }`),
    [`${AT_MINE}the plugin could not start: POST /x is already taken on the admin port`],
  ],
  [
    'an ordinary Fastify plugin that throws',
    fastifyPlugin(`async () => { throw new Error('no room') }`),
    [`${AT_MINE}the plugin could not start: no room`],
  ],
  [
    'an ordinary Fastify plugin that fails when all is ready',
    fastifyPlugin(
      `async (app) => { app.addHook('onReady', async () => { throw new Error('late') }) }`,
    ),
    ['c.yaml:1:1  a plugin or BFF could not start: late'],
  ],
];

test.each(REFUSED)(
  'refuses %s, as a start does, in the same words',
  async (_rule, files, faults) => {
    const folder = folderOf(files);
    const file = join(folder, 'c.yaml');
    const shown = (text: string): string => text.replaceAll(`${folder}/`, '');
    const { code, err } = await run(['validate', '--config', file]);
    expect(err.slice(0, -1).map(shown)).toEqual(faults);
    expect(code).toBe(78);
    const refusal = await createGateway({ file, environment: {} }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as ConfigError).faults.map((fault) => shown(formatFault(fault)))).toEqual(
      faults,
    );
  },
);

test('tells warnings beside what cannot start', async () => {
  const warned = '\n  two: { match: { path: /never }, priority: -1, mine: 1, respond: {} }';
  const config = MINE.replace('{ all: { match', '\n  all: { match').replace(/ }$/, warned);
  const { 'mine.ts': mine = '' } = plugin(`register() { throw new Error('no licence') }`);
  const folder = folderOf({ 'c.yaml': config, 'mine.ts': mine });
  const { err } = await run(['validate', '--config', join(folder, 'c.yaml')]);
  expect(err).toEqual([
    expect.stringContaining('the plugin could not start: no licence'),
    expect.stringContaining('warning: routes.two: never matches'),
    '1 fault',
  ]);
});

/** Everything of ours that a start calls, at a port that counts who comes. */
const calling = (tcp: number, udp: number): string => `version: 1
server: { port: ${tcp} }
admin: { port: ${udp} }
plugins:
  jwt:
    issuers:
      shop: { issuer: http://shop, jwks: "http://127.0.0.1:${tcp}/jwks", algorithms: [RS256], onStart: wait }
    revocations: { redis: "redis://127.0.0.1:${tcp}" }
  apiKey: { redis: { url: "redis://127.0.0.1:${tcp}" } }
  rateLimit: { store: { redis: "redis://127.0.0.1:${tcp}" } }
upstreams:
  listed: { targets: ["http://127.0.0.1:${tcp}"], health: { path: /healthz } }
  dns: { discover: { dns: a.test, port: 80, resolver: "127.0.0.1:${udp}" } }
  srv: { discover: { dns: a.test, type: SRV, resolver: "127.0.0.1:${udp}" } }
  consul: { discover: { consul: "http://127.0.0.1:${tcp}", service: a } }
routes:
  all:
    match: { path: /* }
    jwt: { issuer: shop }
    rateLimit: { max: 1, window: 1s }
    upstream: listed
  keys: { match: { path: /keys/* }, jwt: false, apiKey: {}, upstream: dns }`;

test('calls nobody and opens no port: the one it would listen on may be taken', async () => {
  const heard: string[] = [];
  const tcp = createServer((socket) => {
    heard.push('tcp');
    socket.destroy();
  }).listen(0, '127.0.0.1');
  const udp = createSocket('udp4', () => heard.push('udp')).bind(0, '127.0.0.1');
  onTestFinished(() => {
    tcp.close();
    udp.close();
  });
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const { port } = tcp.address() as AddressInfo;
  const file = join(folderOf({ 'c.yaml': calling(port, udp.address().port) }), 'c.yaml');
  const { code, err } = await run(['validate', '--config', file]);
  expect({ err, code }).toEqual({ err: [], code: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([]);
});

test('tells plugins that the config is only checked, and closes what they made', async () => {
  const seen: unknown[] = [];
  Object.assign(globalThis, { seenByMine: seen });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'seenByMine'));
  const files = plugin(`register(_settings, { app, checking, keep }) {
    const { seenByMine } = globalThis;
    seenByMine.push(checking);
    keep('a', () => 1, () => seenByMine.push('disposed'));
    app.addHook('onClose', async () => void seenByMine.push('app closed'));
    return { route: () => ({ close: () => void seenByMine.push('closed') }) };
  }`);
  const file = join(folderOf(files), 'c.yaml');
  expect((await run(['validate', '--config', file])).code).toBe(0);
  expect(seen[0]).toBe(true);
  expect(new Set(seen.slice(1))).toEqual(new Set(['app closed', 'closed', 'disposed']));
});
