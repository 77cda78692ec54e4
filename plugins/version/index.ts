/**
 * Versions of an API: reads which one a request is for, tells clients which ones end and when, and refuses those that
 * have ended. It chooses no upstream: routes do, by path or header.
 *
 * It runs once the client is known, so that metrics can say who still calls a version that ends.
 */
import type { FastifyRequest } from 'fastify';
import { definePlugin, noteVersion, type PluginHooks, type ResponseHead } from 'portico';
import { askedReader } from './asked.ts';
import { callerCounter, type CountCaller } from './callers.ts';
import { document } from './document.ts';
import { Version } from './lifecycle.ts';
import { loosened } from './loosened.ts';
import { checkVersions, livesOf, Options, Settings } from './options.ts';
import { risks } from './risks.ts';

export default definePlugin({
  name: 'version',
  settings: Settings,
  options: Options,
  scripts: { send: [], read: ['deprecation', 'sunset', 'link'] },
  check: (options, _settings, others) => checkVersions(options, others),
  document,
  risks,
  loosened,
  register({ consumers }, host) {
    const around = { now: host.wallClock, count: callerCounter(consumers, host) };
    return {
      route: (options, { route }) =>
        options.from === undefined
          ? ofRoute(new Version(options.name ?? route, options), around)
          : byRequest(options.from, options, around),
    };
  },
});

interface Surroundings {
  readonly now: () => number;
  readonly count: CountCaller;
}

/** A route that serves one version. */
function ofRoute(version: Version, { now, count }: Surroundings): PluginHooks {
  return {
    phase: 'authorize',
    onRequest(request) {
      noteVersion(request, version.name);
      count(request, version);
      version.mustBeServed(now());
    },
    explain() {
      version.mustBeServed(now());
      return { says: version.says(now()) };
    },
    onResponse: (_request, head) => version.tell(head),
  };
}

/** A route whose requests name their version. */
function byRequest(from: string, options: Options, { now, count }: Surroundings): PluginHooks {
  const versions = new Map(
    livesOf(options).map(({ name = '', life }) => [name, new Version(name, life)]),
  );
  const standard = options.default;
  const reader = askedReader(from, new Set(versions.keys()), standard !== undefined);
  const { vary } = reader;
  /** @throws GW_REQUEST_INVALID, GW_ROUTE_NOT_FOUND, GW_NOT_ACCEPTABLE */
  const versionOf = (request: FastifyRequest): Version => {
    const version = versions.get(reader.read(request) ?? standard ?? '');
    if (version !== undefined) return version;
    const served = [...versions.values()].filter((each) => !each.isGone(now()));
    throw reader.refuse(served.map(({ name }) => name));
  };
  return {
    phase: 'authorize',
    onRequest(request) {
      const version = versionOf(request);
      noteVersion(request, version.name);
      count(request, version);
      version.mustBeServed(now());
    },
    explain(request) {
      const version = versionOf(request);
      version.mustBeServed(now());
      return { says: version.says(now()) };
    },
    onResponse(request, head) {
      if (vary !== undefined) addVary(head, vary);
      versions.get(request.gateway.version ?? '')?.tell(head);
    },
  };
}

function addVary({ headers }: ResponseHead, field: string): void {
  const known = [headers['vary'] ?? []].flat().join(', ');
  if (known.split(',').some((each) => ['*', field].includes(each.trim().toLowerCase()))) return;
  headers['vary'] = known === '' ? field : `${known}, ${field}`;
}
