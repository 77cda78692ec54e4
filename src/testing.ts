/**
 * `portico/testing`: the real gateway on a free loopback port, against upstreams that are functions.
 *
 * Everything of a request runs as it will in production, from the parser to the policies; only the
 * network to the upstreams is replaced, so that a test takes milliseconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import { Body } from './core/body.ts';
import type { Call, UpstreamRequest } from './core/call.ts';
import type { Environment } from './config/yaml/environment.ts';
import type { Headers } from './core/headers.ts';
import { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';

export interface FakeAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Headers;
  /** Bytes and text as they are, all else as JSON. */
  readonly body?: unknown;
}

/** An upstream as a function; what it throws is the failure of the call. */
export type FakeUpstream = (request: UpstreamRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface TestGatewayOptions {
  /** As gateway.config.yaml has it; server, admin and targets may be left out. */
  readonly config: Readonly<Record<string, unknown>>;
  /** By name; one that is left out is called over the network. */
  readonly upstreams?: Readonly<Record<string, FakeUpstream>>;
  readonly environment?: Environment;
  /** Where the config is written for a moment; modules are best named by absolute paths. */
  readonly folder?: string;
  readonly log?: FastifyBaseLogger;
  /** Hosts file and resolv.conf by which names are resolved. Default: the system's. */
  readonly systemFiles?: GatewayOptions['systemFiles'];
  /** Uniform in [0, 1); a seeded one makes whatever is drawn repeatable. */
  readonly random?: () => number;
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly url: string;
  /** `fetch` of a path of the gateway; redirects are not followed. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/**
 * Starts a gateway for a test.
 *
 * @throws {ConfigError} when the config is not valid
 */
export async function testGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { config, upstreams = {}, environment = {}, random = Math.random } = options;
  const { log = pino({ level: 'silent' }), systemFiles } = options;
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), '.portico-test-'));
  const file = join(folder, 'gateway.config.yaml');
  try {
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(complete(config, upstreams), undefined, 2));
    const send = (name: string): Call | undefined => upstreams[name] && fakeCall(upstreams[name]);
    const gateway = await createGateway({
      file,
      environment,
      log,
      random,
      send,
      ...(systemFiles && { systemFiles }),
    });
    await gateway.listen();
    const { url } = gateway;
    return {
      gateway,
      url,
      fetch: (path, init) => fetch(url + path, { redirect: 'manual', ...init }),
      close: async () => {
        await gateway.close();
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Section = Readonly<Record<string, unknown>>;

function complete(config: Section, fakes: Readonly<Record<string, unknown>>): Section {
  const server = { host: '127.0.0.1', port: 0, ...(config['server'] as Section) };
  const written = (config['upstreams'] ?? {}) as Readonly<Record<string, Section>>;
  const names = new Set([...Object.keys(written), ...Object.keys(fakes)]);
  const upstreams = [...names].map((name) => [
    name,
    name in fakes ? withTargets(name, written[name]) : written[name],
  ]);
  return {
    version: 1,
    admin: false,
    telemetry: { logs: { access: false } },
    ...config,
    server,
    upstreams: Object.fromEntries(upstreams),
  };
}

/** What is faked is not looked up. */
function withTargets(name: string, written: Section = {}): Section {
  const { discover: _discover, ...rest } = written;
  return { targets: [`http://${name}.invalid`], ...rest };
}

function fakeCall(upstream: FakeUpstream): Call {
  return async (request) => {
    const target = `http://${request.upstream}.invalid`;
    request.record.attempt(request.upstream, target);
    const { status = 200, headers = {}, body } = await unlessCancelled(request, upstream);
    const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const bytes = isJson ? JSON.stringify(body) : (body ?? '');
    return {
      status,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      body: Body.of(bytes),
      target,
    };
  };
}

/** What `upstream` answers, or why the call was given up meanwhile: as a real one ends. */
function unlessCancelled(request: UpstreamRequest, upstream: FakeUpstream): Promise<FakeAnswer> {
  return new Promise((resolve, reject) => {
    request.signal.throwIfCancelled();
    const listener = { onCancel: reject };
    request.signal.listen(listener);
    Promise.resolve(upstream(request))
      .finally(() => request.signal.unlisten(listener))
      .then(resolve, reject);
  });
}
