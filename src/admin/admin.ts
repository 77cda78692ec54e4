/** The admin port: probes, metrics and status, out of reach of clients. */
import Fastify, { type FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import { lazyCompilers } from '../assembly/schema-compilers.ts';
import { type AdminCaller, readRefusal, refusal } from './guard.ts';
import type { AdminConfig } from '../config/build/config.ts';
import type { Metrics } from '../observe/metrics.ts';
import { addExplain, type ExplainView } from './explain.ts';
import { addGenerations, addReloads, type GenerationsView } from './generations.ts';
import type { GatewayStatus } from './status.ts';
import { addTraces, type TraceView } from './traces.ts';

/** What an operator may set a circuit to; `auto` hands it back. */
export const CIRCUIT_ORDERS = ['open', 'closed', 'auto'] as const;
export type CircuitOrder = (typeof CIRCUIT_ORDERS)[number];

export interface AdminView extends GenerationsView, ExplainView, TraceView {
  /** What bearers must have to change state; `undefined`: programs on this machine may. */
  readonly token: () => string | undefined;
  /** @returns the circuit's new state; `undefined` if there is no such circuit */
  readonly orderCircuit: (upstream: string, order: CircuitOrder) => string | undefined;
  readonly isReady: () => boolean;
  /** The handler of the plugin that accepts POST at `path`; `undefined` if none does. */
  readonly postAt: (path: string) => ((body: unknown) => Promise<AdminAnswer>) | undefined;
  /** The paths at which plugins accept POST. */
  readonly postPaths: () => Iterable<string>;
  readonly metrics: Metrics;
  readonly status: () => GatewayStatus;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Admin {
  /** @throws the system's error if it cannot listen on the port */
  listen(): Promise<void>;
  readonly url: string;
  close(): Promise<void>;
}

export function createAdmin(
  { host, port }: Pick<AdminConfig, 'host' | 'port'>,
  view: AdminView,
): Admin {
  const { token, isReady, metrics, status, orderCircuit, postAt, postPaths } = view;
  const app = Fastify({
    forceCloseConnections: true,
    requestTimeout: 10_000,
    // Ids that trusted proxies give may be as long.
    routerOptions: { maxParamLength: 128 },
    schemaController: { compilersFactory: lazyCompilers },
  });
  const notHere = (): { readonly error: string } => {
    const posts = ['/reload', '/rollback', '/upstreams/{name}/circuit', ...postPaths()];
    const error = `not found; there are GET ${GETS}, and POST ${posts.join(', ')}`;
    return { error };
  };
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send(notHere()));
  app.addHook('onRequest', async (request, reply) => {
    if (!READS.has(request.method) || OPEN.has(request.routeOptions.url ?? '')) return;
    const detail = readRefusal(callerOf(request), token());
    if (detail !== undefined) return reply.code(403).send({ error: detail });
  });
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (isReady()) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready' });
  });
  app.get('/metrics', async ({ headers }, reply) => {
    const { type, text } = await metrics.scraped(headers.accept);
    void reply.type(type);
    return text;
  });
  app.get('/status', async () => status());
  addGenerations(app, view);
  addExplain(app, view);
  addTraces(app, callerOf, view);
  app.register(async (changes) => {
    // Unknown paths are 404 for everybody, authorized or not.
    changes.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.url !== ANY || postAt(pathOf(request)) !== undefined) return;
      return reply.code(404).send(notHere());
    });
    changes.addHook('onRequest', async (request, reply) => {
      const detail = refusal(callerOf(request), token());
      if (detail === undefined) return;
      return reply.code(token() === undefined ? 403 : 401).send({ error: detail });
    });
    changes.post<{ Params: { name: string }; Body: unknown }>(
      '/upstreams/:name/circuit',
      async ({ params, body }, reply) => {
        const order = readOrder(body);
        if (order === undefined) {
          const error = `send {"state": "${CIRCUIT_ORDERS.join('" | "')}"}`;
          return reply.code(400).send({ error });
        }
        const circuit = orderCircuit(params.name, order);
        if (circuit !== undefined) return { upstream: params.name, circuit };
        return reply.code(404).send({ error: 'no upstream with this name has a circuit' });
      },
    );
    addReloads(changes, view);
    // Looked up for each request, because the plugins belong to the current generation.
    changes.post(ANY, async (request, reply) => {
      const { status: code, body } = await postAt(pathOf(request))!(request.body);
      return reply.code(code).send(body);
    });
  });
  return {
    listen: async () => {
      await app.listen({ host, port });
    },
    get url() {
      const { port: actual } = app.server.address() as AddressInfo;
      const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
      return `http://${name.includes(':') ? `[${name}]` : name}:${actual}`;
    },
    close: () => app.close(),
  };
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const GETS =
  '/livez, /readyz, /metrics, /status, /explain, /generations, /generations/{number}/changes, /trace/{id}';
/** Open to probes and Prometheus under any `Host`. */
const OPEN: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

const callerOf = ({ raw }: FastifyRequest): AdminCaller => ({
  remoteAddress: raw.socket.remoteAddress,
  headers: raw.headers,
});

const ANY = '/*';
const pathOf = ({ params }: { readonly params: unknown }): string =>
  `/${(params as { readonly '*': string })['*']}`;

function readOrder(body: unknown): CircuitOrder | undefined {
  const { state } = (body ?? {}) as { readonly state?: unknown };
  return CIRCUIT_ORDERS.find((order) => order === state);
}
