import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { CallView, Matching, RequestExplanation } from '../../src/explain/explanation.ts';
import { withoutValues } from '../../src/explain/explain-request.ts';
import { requestOf } from '../../src/explain/question.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { type RawResponse, request } from '../gateway/support/socket.ts';
import { seeded } from '../helpers/seeded.ts';
import { type Issuer, startIssuer } from '../plugins/issuer.ts';
import { type Draw, generatedRoutes } from './generated-config.ts';
import { API_KEY, generatedRequest, type GeneratedRequest, SECRET } from './generated-requests.ts';

/** `npm run fuzz` asks for more. */
const RUNS = Number(process.env['EXPLAIN_RUNS'] ?? 160);
const PER_CONFIG = 40;

interface Seen {
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
}

/** What upstreams really got, since it was looked at last. */
class Recorder {
  #seen: Seen[] = [];

  async start(upstream: string): Promise<string> {
    const server = createServer(({ method = '', url = '' }, response) => {
      this.#seen.push({ upstream, method, path: url });
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  take(): readonly Seen[] {
    return this.#seen.splice(0).toSorted((a, b) => a.path.localeCompare(b.path));
  }
}

async function startGenerated(draw: Draw, recorder: Recorder, jwks: string, far: Issuer) {
  const never = { retry: false, breaker: false };
  const told = new URL('fixtures/told.ts', import.meta.url).pathname;
  return startGateway({
    config: {
      plugins: {
        told: { module: told },
        jwt: {
          issuers: {
            own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] },
            far: { issuer: far.issuer, jwks, algorithms: ['ES256'] },
          },
        },
        apiKey: {
          consumers: { shop: { keys: [hash('sha256', API_KEY, 'hex')], scopes: ['read'] } },
        },
      },
      upstreams: {
        one: { targets: [await recorder.start('one')], ...never },
        two: { targets: [await recorder.start('two')], ...never },
      },
      defaults: { routes: { told: {} } },
      routes: generatedRoutes(draw, 16),
    },
  });
}

test(
  'what is explained is what is served: route, refusal, upstream, and the path that is sent',
  { timeout: 600_000 },
  async () => {
    const { issuer: far, jwks } = await startIssuer('https://far.example');
    const tally = { refused: 0, answered: 0, called: 0, open: 0 };
    for (let config = 0; config * PER_CONFIG < RUNS; config++) {
      const draw = seeded(1_000 + config);
      const recorder = new Recorder();
      const { gateway, url } = await startGenerated(draw, recorder, jwks, far);
      for (let i = 0; i < PER_CONFIG; i++) {
        const asked = generatedRequest(draw, far);
        const question = { ...asked, address: '127.0.0.1' };
        const explained = await gateway.explain(question);
        expect(recorder.take(), 'explaining calls nobody').toEqual([]);
        const again = await gateway.explain(question);
        expect(again.outcome, 'explaining changes nothing').toEqual(explained.outcome);
        const served = await request(url, requestOf(question).head.trimEnd().split('\r\n'));
        const seen = recorder.take();
        if (!explained.outcome.isCertain) {
          tally.open += 1;
          continue;
        }
        tally[explained.outcome.kind] += 1;
        const { matching, plugins, outcome } = explained;
        const shown = JSON.stringify({ config, asked, outcome, matching, plugins, seen });
        expect(whatWasTold(explained, asked), shown).toEqual(whatCame(served, asked, seen));
      }
      await gateway.close();
    }
    expect(tally.open).toBeLessThan(RUNS / 20);
    for (const count of [tally.refused, tally.answered, tally.called]) {
      expect(count).toBeGreaterThan(RUNS / 40);
    }
  },
);

interface Told {
  readonly route: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  readonly location: string | undefined;
  readonly endpoint: string | undefined;
  readonly seen: readonly Seen[];
}

function whatWasTold(
  { outcome, route, calls, matching }: RequestExplanation,
  { method }: GeneratedRequest,
): Told {
  const isBff = route?.endpoint !== undefined;
  checkCandidates(matching, route?.name);
  return {
    route: route?.name,
    status: outcome.status ?? 200,
    code: method === 'HEAD' ? undefined : outcome.code,
    location: outcome.headers?.['location'],
    endpoint: isBff && method !== 'HEAD' ? route.endpoint : undefined,
    seen: calls.map(seenOf).toSorted((a, b) => a.path.localeCompare(b.path)),
  };
}

/** Whatever comes before the winner has failed, and nothing else wins. */
function checkCandidates({ candidates, readings }: Matching, route: string | undefined): void {
  if (readings.length > 0) return;
  const winner = candidates.findIndex(({ outcome }) => outcome === 'wins');
  expect(candidates[winner]?.route).toBe(route);
  const before = winner < 0 ? [] : candidates.slice(0, winner);
  expect(before.map(({ outcome }) => outcome)).toEqual(before.map(() => 'fails'));
  const after = candidates.slice(winner + 1).map(({ outcome }) => outcome);
  expect(after).not.toContain('wins');
}

const seenOf = ({ upstream, method, path, query }: CallView): Seen => ({
  upstream,
  method,
  path: path + query,
});

function whatCame(
  { status, headers, body }: RawResponse,
  { method }: GeneratedRequest,
  seen: readonly Seen[],
): Told {
  const isJson = headers['content-type']?.includes('json') === true && method !== 'HEAD';
  const { type, endpoint } = (isJson ? JSON.parse(body) : {}) as Record<string, string>;
  const { location } = headers;
  return {
    route: headers['x-route'],
    status,
    code: type?.replace('urn:portico:error:', ''),
    location: location === undefined ? undefined : hidden(location),
    endpoint,
    seen: seen.map((each) => ({ ...each, path: hidden(each.path) })),
  };
}

const hidden = (path: string): string => {
  const at = path.indexOf('?');
  return at < 0 ? path : path.slice(0, at) + withoutValues(path.slice(at));
};
