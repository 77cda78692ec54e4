/** `GET /requests`, `/requests/{id}` and `/problems`: what has happened lately, guarded like traces. */
import type { FastifyInstance } from 'fastify';
import type { CallRecord } from '../core/record.ts';
import type { World } from '../assembly/world.ts';
import type { PastRequest } from '../observe/recent-requests.ts';
import { traceOf } from '../observe/trace.ts';
import { isoTime } from './iso-time.ts';
import type { Problems, RequestDetail, Requests, RequestSummary } from './page-data.ts';

const OFF = 'no request is kept: admin.requests is 0';
const GONE =
  'no such request: it is neither among the last ones (admin.requests) nor the last problems';
const MOST_PATH = 1_024;

type Kept = Pick<World, 'recent' | 'clock' | 'wallClock'>;

export function addRequests(app: FastifyInstance, world: () => Kept): void {
  app.register(async (requests) => {
    requests.addHook('onRequest', async (_request, reply) => {
      void reply.header('cache-control', 'no-store');
      if (world().recent.most === 0) return reply.code(404).send({ error: OFF });
    });
    requests.get('/requests', async (): Promise<Requests> => {
      const { recent } = world();
      return { kept: recent.most, requests: recent.requests.map((each) => summary(each, world())) };
    });
    requests.get('/problems', async (): Promise<Problems> => {
      const { recent } = world();
      const { total } = recent.news(0);
      return { total, problems: recent.problems.map((each) => summary(each, world())) };
    });
    requests.get<{ Params: { id: string } }>('/requests/:id', async ({ params }, reply) => {
      const found = world().recent.find(params.id);
      return found === undefined ? reply.code(404).send({ error: GONE }) : detail(found, world());
    });
  });
}

function summary(past: PastRequest, world: Kept): RequestSummary {
  const { id, method, host, path, route, endpoint, status, record, endedAt } = past;
  const { code, cause, calls, missing, startedAt } = record;
  return {
    id,
    at: isoTime(startedAt, world),
    method,
    host,
    path: path.slice(0, MOST_PATH),
    route,
    ...(endpoint !== '' && { endpoint }),
    status,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause }),
    totalMs: hundredths(endedAt - startedAt),
    upstreams: [...new Set(calls.map(({ upstream }) => upstream))],
    attempts: calls.reduce((sum, { attempts }) => sum + attempts.length, 0),
    missing: missing.length,
  };
}

function detail(past: PastRequest, world: Kept): RequestDetail {
  const { generation, status, bytesSent, endedAt, record } = past;
  const at = isoTime(record.startedAt, world);
  const trace = traceOf(past, { at, generation, status, bytesSent, endedAt });
  const awaited = record.calls.map(
    (call) => [call.startedAt, awaitedUntil(call, endedAt)] as const,
  );
  return { ...trace, gatewayMs: hundredths(endedAt - record.startedAt - lengthOf(awaited)) };
}

/** A forwarded call is awaited until its head: from then on its body passes to the client. */
function awaitedUntil({ purpose, startedAt, ending, ms, lastAttempt }: CallRecord, end: number) {
  if (purpose !== 'forward') return ending === undefined ? end : startedAt + ms;
  if (lastAttempt === undefined) return end;
  const { firstByteMs, failedMs, startedAt: from } = lastAttempt;
  return firstByteMs === 0 && failedMs === 0 ? end : from + (firstByteMs || failedMs);
}

/** Of the union of `spans`, which may overlap. */
function lengthOf(spans: readonly (readonly [from: number, to: number])[]): number {
  let length = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans.toSorted(([one], [other]) => one - other)) {
    length += Math.max(to - Math.max(from, reached), 0);
    reached = Math.max(reached, to);
  }
  return length;
}

const hundredths = (ms: number): number => Math.round(ms * 100) / 100;
