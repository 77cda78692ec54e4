/** The admin port: probes, metrics and status, out of reach of clients. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { lazyCompilers } from '../assembly/schema-compilers.ts';
import type { AdminConfig } from '../config/build/config.ts';
import { addCircuits, type CircuitView } from './circuits.ts';
import { addEvents } from './events.ts';
import { addExplain, type ExplainView } from './explain.ts';
import { addGenerations, addReloads, type GenerationsView } from './generations.ts';
import { callerOf, readRefusal, refusal, traceRefusal } from './guard.ts';
import { Live } from './live.ts';
import { addMetrics } from './metrics.ts';
import { addMigration } from './migration.ts';
import { addMirrors } from './mirrors.ts';
import { Overview } from './overview.ts';
import { addOperationOrders, addOperations } from './operations.ts';
import { addPage } from './page.ts';
import type { RouteList } from './page-data.ts';
import { addRequests } from './requests.ts';
import { routeStatuses, type Running, statusOf } from './status.ts';
import { addSplits, type SplitView } from './splits.ts';
import { addTraces, type TraceView } from './traces.ts';
import { addTry } from './try.ts';

export interface AdminView extends CircuitView, SplitView, GenerationsView, ExplainView, TraceView {
  /** What bearers must have to change state; `undefined`: programs on this machine may. */
  readonly token: () => string | undefined;
  readonly running: () => Running;
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
  const { token, running } = view;
  const app = Fastify({
    forceCloseConnections: true,
    requestTimeout: 10_000,
    // Ids that trusted proxies give may be as long.
    routerOptions: { maxParamLength: 128 },
    schemaController: { compilersFactory: lazyCompilers },
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send(notHere(running())));
  app.addHook('onRequest', async (request, reply) => {
    if (!READS.has(request.method) || OPEN.has(request.routeOptions.url ?? '')) return;
    const detail = readRefusal(callerOf(request), token());
    if (detail !== undefined) return reply.code(403).send({ error: detail });
  });
  addProbes(app, running);
  addPage(app);
  app.get('/status', async () => statusOf(running()));
  app.get('/routes', async (): Promise<RouteList> => {
    const { generation } = running();
    return { generation: generation.number, routes: routeStatuses(generation) };
  });
  addLive(app, running);
  addGenerations(app, view);
  addExplain(app, view);
  app.register(async (traces) => {
    traces.addHook('onRequest', async (request, reply) => {
      const detail = traceRefusal(callerOf(request), token());
      if (detail !== undefined) return reply.code(codeFor(token())).send({ error: detail });
    });
    addTraces(traces, view);
    addRequests(traces, () => running().world);
    addMirrors(traces, running);
    addMigration(traces, running);
    addOperations(traces, running);
  });
  app.register(async (changes) => addChanges(changes, view));
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

function addProbes(app: FastifyInstance, running: () => Running): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (running().isReady) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready' });
  });
  addMetrics(app, () => running().world.metrics);
}

function addLive(app: FastifyInstance, running: () => Running): void {
  const { clock, log } = running().world;
  const source = new Overview(running);
  const live = new Live({ clock, source, onBug: (error) => log.error({ err: error }, 'bug') });
  app.addHook('preClose', async () => live.close());
  addEvents(app, live, clock);
}

/** What changes the state of the gateway. */
function addChanges(changes: FastifyInstance, view: AdminView): void {
  const { token, running } = view;
  const postAt = (path: string) => running().generation.adminRoutes.at(path);
  // Unknown paths are 404 for everybody, authorized or not.
  changes.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url !== ANY || postAt(pathOf(request)) !== undefined) return;
    return reply.code(404).send(notHere(running()));
  });
  changes.addHook('onRequest', async (request, reply) => {
    const detail = refusal(callerOf(request), token());
    if (detail !== undefined) return reply.code(codeFor(token())).send({ error: detail });
  });
  addCircuits(changes, view);
  addSplits(changes, view);
  addReloads(changes, view);
  addOperationOrders(changes, running);
  addTry(changes, view);
  // Looked up for each request, because the plugins belong to the current generation.
  changes.post(ANY, async (request, reply) => {
    const { status: code, body } = await postAt(pathOf(request))!(request.body);
    return reply.code(code).send(body);
  });
}

/** Of a refusal: only where there is a token, one can be sent. */
const codeFor = (token: string | undefined): number => (token === undefined ? 403 : 401);

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const GETS =
  '/, /livez, /readyz, /metrics, /status, /overview, /events, /routes, /explain, /requests, /requests/{id}, /problems, ' +
  '/generations, /generations/{number}/changes, /migration, /mirrors, /mirrors/{route}, /operations, /operations/{id}, ' +
  '/trace/{id}';
const POSTS = [
  '/reload',
  '/rollback',
  '/upstreams/{name}/circuit',
  '/routes/{name}/split',
  '/operations/{id}/{retry,skip,cancel}',
  '/try',
];
/** Open to probes and Prometheus under any `Host`. */
const OPEN: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

function notHere({ generation }: Running): { readonly error: string } {
  const posts = [...POSTS, ...generation.adminRoutes.paths];
  return { error: `not found; there are GET ${GETS}, and POST ${posts.join(', ')}` };
}

const ANY = '/*';
const pathOf = ({ params }: { readonly params: unknown }): string =>
  `/${(params as { readonly '*': string })['*']}`;
