/** The rules of `portico audit`; docs/audit.md has them in a table. */
import { INSISTING } from '../call.ts';
import type { AuditRule } from './audit.ts';
import type { Config, RouteConfig } from './config.ts';

/** Plugins of which one says who the client is, or refuses it. */
const AUTHENTICATING = ['jwt', 'apiKey', 'auth', 'mtls', 'forwardAuth'];
/** Of these one may stand on a route without asking for anything. */
const WHAT_IS_BROUGHT: Readonly<Record<string, string>> = {
  jwt: 'a token',
  apiKey: 'a key',
  mtls: 'a certificate',
};
const MIB = 1_048_576;

type Options = Readonly<Record<string, unknown>>;

export const AUDIT_RULES: readonly AuditRule[] = [
  {
    id: 'faults-allowed',
    severity: 'high',
    *find({ server }) {
      if (!server.allowFaults) return;
      const message = 'routes may delay and refuse requests on purpose; for tests alone';
      yield { path: ['server', 'allowFaults'], message };
    },
  },
  {
    id: 'any-proxy-trusted',
    severity: 'high',
    *find({ server }) {
      for (const [i, { prefix }] of server.trustedProxies.entries()) {
        if (prefix > 0) continue;
        const message = 'every client can say that it is another one: name your proxies';
        yield { path: ['server', 'trustedProxies', i], message };
      }
    },
  },
  {
    id: 'keys-over-http',
    severity: 'high',
    *find(config) {
      for (const [name, { jwks }] of issuersOf(config)) {
        if (typeof jwks !== 'string' || !isPlainAndPublic(jwks)) continue;
        const message = 'whoever is on the way can say which tokens are valid: use https';
        yield { path: ['plugins', 'jwt', 'issuers', name, 'jwks'], message };
      }
    },
  },
  {
    id: 'cors-null-credentials',
    severity: 'high',
    find: (config) =>
      onRoutes(config, 'cors', ({ origins, credentials }) =>
        credentials === true && Array.isArray(origins) && origins.includes('null')
          ? 'any page can have the origin null (a sandboxed frame), and would act as the user'
          : undefined,
      ),
  },
  {
    id: 'route-without-auth',
    severity: 'medium',
    *find({ routes }) {
      for (const { name, action, plugins } of routes) {
        if (action.kind === 'respond' || action.kind === 'redirect') continue;
        if (AUTHENTICATING.some((plugin) => plugin in plugins)) continue;
        yield { path: ['routes', name], message: 'anybody may call it: no plugin asks who it is' };
      }
    },
  },
  {
    id: 'admin-public',
    severity: 'medium',
    *find({ admin }) {
      if (admin === undefined || isLoopback(admin.host)) return;
      const message = 'names of routes, upstreams and addresses are told to whoever can reach it';
      yield { path: ['admin', 'host'], message };
    },
  },
  {
    id: 'escaped-slash-kept',
    severity: 'medium',
    *find({ server }) {
      if (server.paths.escapedSlash !== 'keep') return;
      const message = 'some servers behind read %2F as a slash, and so another path';
      yield { path: ['server', 'paths', 'escapedSlash'], message };
    },
  },
  {
    id: 'large-bodies',
    severity: 'medium',
    *find({ server, routes }) {
      const message = 'a body of more than 64 MiB is let through to upstreams';
      if (server.limits.bodyBytes > 64 * MIB) {
        yield { path: ['server', 'limits', 'body'], message };
      }
      for (const { name, bodyLimitBytes } of routes) {
        if (bodyLimitBytes <= 64 * MIB || bodyLimitBytes === server.limits.bodyBytes) continue;
        yield { path: ['routes', name, 'limits', 'body'], message };
      }
    },
  },
  {
    id: 'patient-limits',
    severity: 'medium',
    *find({ server: { limits } }) {
      const patience = { headersTimeout: limits.headersTimeoutMs, idle: limits.idleMs };
      for (const [key, ms] of Object.entries(patience)) {
        if (ms <= 60_000) continue;
        const message = 'clients may keep a connection for more than a minute without a byte';
        yield { path: ['server', 'limits', key], message };
      }
    },
  },
  {
    id: 'no-tls',
    severity: 'low',
    *find({ server: { host, tls, trustedProxies } }) {
      if (tls !== undefined || isLoopback(host) || trustedProxies.length > 0) return;
      const message = 'clients speak plain http to it, unless something in front ends TLS';
      yield { path: ['server', 'host'], message };
    },
  },
  {
    id: 'shared-secret',
    severity: 'low',
    *find(config) {
      for (const [name, { secret }] of issuersOf(config)) {
        if (secret === undefined) continue;
        const message = 'whoever verifies these tokens can make them too: prefer a key pair';
        yield { path: ['plugins', 'jwt', 'issuers', name, 'secret'], message };
      }
    },
  },
  {
    id: 'no-audience',
    severity: 'low',
    *find(config) {
      for (const [name, { audience }] of issuersOf(config)) {
        if (audience !== undefined) continue;
        const message = 'tokens that this issuer made for other services are taken too';
        yield { path: ['plugins', 'jwt', 'issuers', name], message };
      }
    },
  },
  {
    id: 'optional-token',
    severity: 'low',
    *find({ routes }) {
      for (const { name, plugins } of routes) {
        const asked = Object.keys(WHAT_IS_BROUGHT).filter((plugin) => plugin in plugins);
        if (INSISTING.some((plugin) => plugin in plugins)) continue;
        if (!asked.every((plugin) => isOptional(plugins[plugin] as Options))) continue;
        for (const plugin of asked) {
          const message = `requests without ${WHAT_IS_BROUGHT[plugin]} are let in too`;
          yield { path: ['routes', name, plugin], message };
        }
      }
    },
  },
  {
    id: 'route-without-limit',
    severity: 'low',
    *find({ routes }) {
      for (const { name, action, plugins } of routes) {
        if (action.kind === 'respond' || action.kind === 'redirect') continue;
        if ('rateLimit' in plugins) continue;
        yield { path: ['routes', name], message: 'one client may ask as often as it likes' };
      }
    },
  },
  {
    id: 'upstream-over-http',
    severity: 'low',
    *find({ upstreams }) {
      for (const [name, { targets }] of Object.entries(upstreams)) {
        for (const [i, { origin }] of targets.entries()) {
          if (!isPlainAndPublic(origin)) continue;
          const message = 'a public name, called without TLS';
          yield { path: ['upstreams', name, 'targets', i], message };
        }
      }
    },
  },
  {
    id: 'no-breaker',
    severity: 'low',
    *find({ upstreams }) {
      for (const [name, { breaker }] of Object.entries(upstreams)) {
        if (breaker !== undefined) continue;
        const message = 'it is called on and on while it fails';
        yield { path: ['upstreams', name, 'breaker'], message };
      }
    },
  },
  {
    id: 'no-access-log',
    severity: 'low',
    *find({ logs }) {
      if (logs.access) return;
      yield { path: ['telemetry', 'logs', 'access'], message: 'nobody can tell who asked what' };
    },
  },
];

/** What the config says of token issuers, as far as these rules look at it. */
function issuersOf({ plugins }: Config): [string, Options][] {
  const { issuers } = (plugins['jwt'] ?? {}) as { readonly issuers?: Record<string, Options> };
  return Object.entries(issuers ?? {});
}

const isOptional = ({ optional, required }: Options): boolean =>
  optional === true || required === false;

function* onRoutes(
  { routes }: Config,
  plugin: string,
  riskOf: (options: Options, route: RouteConfig) => string | undefined,
): Generator<{ readonly path: readonly string[]; readonly message: string }> {
  for (const route of routes) {
    const options = route.plugins[plugin];
    if (typeof options !== 'object' || options === null) continue;
    const message = riskOf(options as Options, route);
    if (message !== undefined) yield { path: ['routes', route.name, plugin], message };
  }
}

const isLoopback = (host: string): boolean => /^(localhost|127\.|::1$|\[::1\]$)/.test(host);

/** Plain http to a name of the public DNS, or to an address that is not private (RFC 1918, RFC 4193). */
function isPlainAndPublic(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || isLoopback(hostname)) return false;
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cd])/.test(hostname))
    return false;
  const isInternal = /\.(internal|local|localhost|svc|lan|home|corp|invalid|test|cluster)$/;
  return hostname.includes('.') && !isInternal.test(hostname);
}
