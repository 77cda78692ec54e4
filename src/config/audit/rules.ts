/** The rules of `portico audit`; docs/audit.md lists them in a table. */
import type { AuditRule, AuditSubject } from './audit.ts';
import { MIRROR_RULES } from './mirror-rules.ts';
import { SAGA_RULES } from './saga-rules.ts';
import { covers } from '../check/covers.ts';
import type { MatchConfig, RouteConfig } from '../build/config.ts';
import { isLoopback, isPublicHttp } from '../schema/public-http.ts';

const MIB = 1_048_576;
const OTHERS_WRITE = 0o002;

/** The rules of plugins go before this one. */
export const PLUGIN_RULES_BEFORE = 'route-without-limit';

export const AUDIT_RULES: readonly AuditRule[] = [
  {
    id: 'faults-allowed',
    severity: 'high',
    *find({ server }) {
      if (!server.allowFaults) return;
      const message = 'routes may delay and refuse requests on purpose; use it only in tests';
      yield { path: ['server', 'allowFaults'], message };
    },
  },
  {
    id: 'any-proxy-trusted',
    severity: 'high',
    *find({ server }) {
      for (const [i, { prefix }] of server.trustedProxies.entries()) {
        if (prefix > 0) continue;
        const message = 'every client can claim any address: name your proxies';
        yield { path: ['server', 'trustedProxies', i], message };
      }
      for (const { proxyProtocol, at } of server.listeners) {
        if (proxyProtocol === undefined || proxyProtocol.from === server.trustedProxies) continue;
        if (proxyProtocol.from.every(({ prefix }) => prefix > 0)) continue;
        const message = 'every client can claim any address: name your proxies';
        yield { path: [...at, 'proxyProtocol'], message };
      }
    },
  },
  {
    id: 'route-without-auth',
    severity: 'medium',
    *find({ routes }, subject) {
      for (const route of routes) {
        if (!subject.callsUpstreams(route.action) || asksWhoItIs(route, subject)) continue;
        const message = 'anyone may call it: no plugin authenticates clients';
        yield { path: ['routes', route.name], message };
      }
    },
  },
  ...SAGA_RULES,
  {
    id: 'guard-by-condition',
    severity: 'medium',
    *find({ routes }, subject) {
      const isGuarded = (route: RouteConfig): boolean => asksWhoItIs(route, subject);
      const rest = routes.filter(
        (route) => subject.callsUpstreams(route.action) && !isGuarded(route),
      );
      for (const { name, matches } of routes.filter(isGuarded)) {
        const way = rest.find((open) =>
          matches.every(
            (each) => isChosen(each) && open.matches.some((wide) => covers(wide, each)),
          ),
        );
        if (way === undefined) continue;
        const message = `clients choose headers, cookies and query: without these, routes.${way.name} takes the request without authentication`;
        yield { path: ['routes', name, 'match'], message };
      }
    },
  },
  {
    id: 'admin-public',
    severity: 'medium',
    *find({ admin }) {
      if (admin === undefined || isLoopback(admin.host)) return;
      const message =
        'anyone who can reach it learns the names of routes and upstreams, and addresses';
      yield { path: ['admin', 'host'], message };
    },
  },
  {
    id: 'socket-for-all',
    severity: 'medium',
    *find({ server: { listeners } }) {
      for (const { address, at } of listeners) {
        if (!('mode' in address) || (address.mode & OTHERS_WRITE) === 0) continue;
        const message = 'every user of this machine can connect to it';
        yield { path: [...at, 'mode'], message };
      }
    },
  },
  {
    id: 'escaped-slash-kept',
    severity: 'medium',
    *find({ server }) {
      if (server.paths.escapedSlash !== 'keep') return;
      const message = 'some upstream servers read %2F as a slash, and see another path';
      yield { path: ['server', 'paths', 'escapedSlash'], message };
    },
  },
  {
    id: 'large-bodies',
    severity: 'medium',
    *find({ server, routes }) {
      const message = 'bodies of more than 64 MiB reach upstreams';
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
        const message =
          'clients may hold a connection for more than a minute without sending a byte';
        yield { path: ['server', 'limits', key], message };
      }
      if (limits.minRate === 0) {
        const message = 'clients may send their bodies as slowly as they like';
        yield { path: ['server', 'limits', 'minRate'], message };
      }
    },
  },
  ...MIRROR_RULES,
  {
    id: 'no-tls',
    severity: 'low',
    *find({ server: { listeners, trustedProxies } }) {
      if (trustedProxies.length > 0) return;
      for (const { address, tls, redirectHttps, proxyProtocol, at } of listeners) {
        if (tls !== undefined || redirectHttps !== undefined || proxyProtocol !== undefined)
          continue;
        if ('socket' in address || isLoopback(address.host)) continue;
        const message = 'clients use plain HTTP, unless something in front terminates TLS';
        yield { path: [...at, 'host'], message };
      }
    },
  },
  {
    id: 'route-without-limit',
    severity: 'low',
    *find({ routes }, { plugins: all, callsUpstreams }) {
      for (const route of routes) {
        if (!callsUpstreams(route.action)) continue;
        if (Object.keys(route.plugins).some((plugin) => all.get(plugin)?.limits === true)) continue;
        yield {
          path: ['routes', route.name],
          message: 'a single client may send any number of requests',
        };
      }
    },
  },
  {
    id: 'upstream-over-http',
    severity: 'low',
    *find({ upstreams }) {
      for (const [name, { targets }] of Object.entries(upstreams)) {
        for (const [i, { origin }] of targets.entries()) {
          if (!isPublicHttp(origin)) continue;
          const message = 'a public name is called without TLS';
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
        const message = 'it is called even while it keeps failing';
        yield { path: ['upstreams', name, 'breaker'], message };
      }
    },
  },
  {
    id: 'nginx-uncompressed',
    severity: 'low',
    *find({ upstreams }) {
      for (const [name, { targets, discover, via }] of Object.entries(upstreams)) {
        const names = [name, ...targets.map(({ origin }) => origin)];
        if (discover?.kind === 'dns') names.push(discover.name);
        if (!via || !names.some((each) => /nginx/i.test(each))) continue;
        const message =
          'nginx compresses nothing for requests with Via: set gzip_proxied any there, or via: false here';
        yield { path: ['upstreams', name], message };
      }
    },
  },
  {
    id: 'no-access-log',
    severity: 'low',
    *find({ logs }) {
      if (logs.access) return;
      yield {
        path: ['telemetry', 'logs', 'access'],
        message: 'there is no record of who requested what',
      };
    },
  },
];

const asksWhoItIs = (route: RouteConfig, { plugins }: AuditSubject): boolean =>
  Object.keys(route.plugins).some((name) => {
    const plugin = plugins.get(name);
    return plugin?.identifies === true || plugin?.insists === true;
  });

/** The match depends on what a client chooses to send. */
const isChosen = ({ headers, cookies, query }: MatchConfig): boolean =>
  headers.length + cookies.length + query.length > 0;
