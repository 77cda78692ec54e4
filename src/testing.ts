/**
 * `portico/testing`: the real gateway on a free loopback port, against upstreams that are functions.
 *
 * A request passes everything that it will pass in production, from the parser to the policies. Only the
 * network to the upstreams is replaced, so a test takes milliseconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { ONCE } from './assembly/import-module.ts';
import { type GivenModules, moduleLoader } from './assembly/modules.ts';
import type { Bff } from './authoring/bff.ts';
import type { Plugin } from './authoring/plugin.ts';
import type { Clock } from './core/clock.ts';
import type { Environment } from './config/yaml/environment.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
import { createLog } from './observe/log.ts';
import { completeConfig, ROUTE, type Section } from './testing/complete-config.ts';
import { type CannedAnswers, cannedUpstream } from './testing/canned.ts';
import { fakeCall, type FakeRequest, type FakeUpstream } from './testing/fake-upstream.ts';

export type { CannedAnswers } from './testing/canned.ts';
export type { FakeAnswer, FakeRequest, FakeUpstream } from './testing/fake-upstream.ts';
export { manualClock, type ManualClock } from './testing/manual-clock.ts';

export interface TestGatewayOptions<U extends string = string> {
  /** A BFF to test, mounted at every path. TypeScript checks the names of `upstreams` against it. */
  readonly bff?: Bff<U>;
  /**
   * Plugins to test, as their modules export them. Their keys go on `route`, or on the routes of `config`; their
   * settings go into `config.plugins`.
   */
  readonly plugins?: readonly Plugin[];
  /**
   * Keys of the route that serves every path, such as `{ stamp: { text: 'x' } }`. Without an action, it forwards to
   * the only upstream. Default with neither `bff` nor `config.routes`: `{}`.
   */
  readonly route?: Section;
  /** What gateway.config.yaml would say; `server`, `admin` and the targets of fake upstreams may be left out. */
  readonly config?: Section;
  /** Upstreams by name, each a function; one that is left out is called over the network. */
  readonly upstreams?: { readonly [K in NoInfer<U>]?: FakeUpstream };
  /** What `${NAME}` in `config` is replaced from. Default: nothing. */
  readonly environment?: Environment;
  /** Default: the system's. `manualClock()` makes one that the test moves. */
  readonly clock?: Clock;
  /** Milliseconds since 1970, for what goes by the calendar: ramps, tokens that expire. Default: `Date.now`. */
  readonly wallClock?: () => number;
  /** Where the config is written for a moment. Modules are best named by absolute paths. Default: the system's. */
  readonly folder?: string;
  /** Default: errors go to standard error, so that an unexpected 500 shows its stack; all else is silent. */
  readonly log?: FastifyBaseLogger;
  /** Hosts file and resolv.conf by which names are resolved. Default: the system's. */
  readonly systemFiles?: GatewayOptions['systemFiles'];
  /** Uniform in [0, 1); a seeded one makes whatever is drawn repeatable. */
  readonly random?: () => number;
}

export interface TestGateway {
  readonly gateway: Gateway;
  /** Its origin, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** `fetch` of a path of the gateway; redirects are not followed. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** What the fake upstreams were sent so far, in order: one for each attempt. */
  readonly seen: readonly FakeRequest[];
  /** Ends it; `await using` does so by itself. */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/**
 * Starts a gateway for a test.
 *
 * @example A BFF, without a config:
 * ```ts
 * await using gateway = await testGateway({
 *   bff,
 *   upstreams: { users: () => ({ body: { name: 'Ada' } }) },
 * });
 * const response = await gateway.fetch('/hello/1');
 * assert.deepEqual(await response.json(), { text: 'Hello, Ada!' });
 * assert.equal(gateway.seen[0]?.path, '/users/1');
 * ```
 *
 * @example A plugin on a route that forwards to an upstream:
 * ```ts
 * await using gateway = await testGateway({
 *   plugins: [stamp],
 *   route: { stamp: { text: 'hello' } },
 *   upstreams: { api: () => ({ status: 204 }) },
 * });
 * assert.equal((await gateway.fetch('/')).headers.get('x-stamp'), 'hello');
 * ```
 *
 * @example A deadline, without waiting for it:
 * ```ts
 * const clock = manualClock();
 * const asked = Promise.withResolvers<void>();
 * await using gateway = await testGateway({
 *   clock,
 *   upstreams: { api: () => (asked.resolve(), new Promise(() => {})) },
 * });
 * const response = gateway.fetch('/');
 * await asked.promise;
 * clock.advance(15_000);
 * assert.equal((await response).status, 504);
 * ```
 *
 * @throws {ConfigError} when the config is not valid
 * @throws {TypeError} when a route needs an upstream that cannot be told
 */
export async function testGateway<U extends string = string>(
  options: TestGatewayOptions<U>,
): Promise<TestGateway> {
  const { environment = {}, random = Math.random, clock, wallClock, systemFiles } = options;
  const { log = errorsOnly() } = options;
  const seen: FakeRequest[] = [];
  // The names are those of a record; its type may know them.
  const fakes = { ...options.upstreams } as Readonly<Record<string, FakeUpstream | undefined>>;
  const text = configText(options, Object.keys(fakes));
  const gateway = await inFile(text, options.folder, async (file) => {
    const created = await createGateway({
      file,
      environment,
      log,
      random,
      send: (name) => fakes[name] && fakeCall(fakes[name], (request) => seen.push(request)),
      loadModules: moduleLoader(ONCE, givenBy(options)),
      ...(clock && { clock }),
      ...(wallClock && { wallClock }),
      ...(systemFiles && { systemFiles }),
    });
    await created.listen();
    return created;
  });
  const close = async (): Promise<void> => {
    await gateway.close();
  };
  // A gateway that is closed has none, and `fetch` says so by rejecting.
  const { url } = gateway;
  return {
    gateway,
    url,
    fetch: (path, init) => fetch(url + path, { redirect: 'manual', ...init }),
    seen,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Starts a gateway that serves `bff` at every path, over `upstreams`: functions, or tables of answers by path. One
 * that is left out answers 404 to everything. `options` are those of {@link testGateway}.
 *
 * @example
 * ```ts
 * await using gateway = await testBff(bff, { users: { '/users/1': { name: 'Ada' } } });
 * assert.deepEqual(await (await gateway.fetch('/hello/1')).json(), { text: 'Hello, Ada!' });
 * ```
 *
 * @throws {ConfigError} when the BFF cannot be mounted
 */
export function testBff<U extends string>(
  bff: Bff<U>,
  upstreams: { readonly [K in NoInfer<U>]?: FakeUpstream | CannedAnswers } = {},
  options: Omit<TestGatewayOptions<U>, 'bff' | 'upstreams'> = {},
): Promise<TestGateway> {
  const fakes = bff.upstreams.map((name) => [name, cannedUpstream(upstreams[name] ?? {})] as const);
  // Its names are those of the BFF.
  const known = Object.fromEntries(fakes) as { readonly [K in NoInfer<U>]?: FakeUpstream };
  return testGateway<U>({ ...options, bff, upstreams: known });
}

const errorsOnly = (): FastifyBaseLogger =>
  createLog('error', {
    write: (text) => void process.stderr.write(text),
    dropped: 0,
    end: () => Promise.resolve(),
  }).log;

function configText(options: TestGatewayOptions, fakes: readonly string[]): string {
  const { config = {}, bff } = options;
  const isNeeded = options.route !== undefined || bff !== undefined || !('routes' in config);
  // `givenBy` replaces what the key names.
  const action = bff && { bff: 'the BFF of the test' };
  const route = isNeeded ? { ...action, ...options.route } : undefined;
  // JSON is YAML.
  return JSON.stringify(completeConfig({ config, route, fakes }), undefined, 2);
}

const givenBy = ({ bff, plugins = [] }: TestGatewayOptions): GivenModules => ({
  plugins,
  bffs: new Map(bff === undefined ? [] : [[ROUTE, bff]]),
});

/** Loads a file with `text` that is there until then. */
async function inFile<T>(
  text: string,
  parent: string | undefined,
  load: (file: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(parent ?? tmpdir(), '.portico-test-'));
  try {
    const file = join(folder, 'gateway.config.yaml');
    writeFileSync(file, text);
    return await load(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
