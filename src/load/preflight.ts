/** One request before the load: does the gateway answer, and are the upstreams there that it calls for it? */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { socketPathOf } from '../core/socket-path.ts';
import { Exposition } from './exposition.ts';
import type { CalledUpstream } from './gateway-order.ts';
import type { LoadRequest } from './load-order.ts';
import { readMetrics } from './read-metrics.ts';

export interface PreflightOptions {
  readonly request: LoadRequest;
  /** Of the gateway; absent: what it called is not known. */
  readonly adminUrl?: string;
  /** Of its config, where that is known. */
  readonly upstreams: readonly CalledUpstream[];
}

export interface Preflight {
  readonly status: number;
  /** The code of the gateway's own error, if it was one. */
  readonly code?: string;
  /** What is not there, one line each: the request would measure the failure. */
  readonly missing: readonly string[];
}

const ANSWER_MS = 60_000;
const CONNECT_MS = 2_000;

/** @throws {Error} when the gateway itself does not answer */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  const { request, adminUrl, upstreams } = options;
  const before = await metricsOf(adminUrl);
  const status = await answerTo(request);
  const after = await metricsOf(adminUrl);
  if (before === undefined || after === undefined) return { status, missing: [] };
  const added = after.since(before);
  // A gateway that runs already may have failed others meanwhile.
  const isOurs = upstreams.length > 0 || status >= 500;
  const failed = isOurs ? failedTargets(added) : [];
  const missing = [...new Set([...failed, ...(await refusing(added, upstreams))])];
  const code = status < 400 ? undefined : added.of('portico_errors_total')[0]?.labels['code'];
  return { status, ...(code === undefined ? {} : { code }), missing };
}

async function metricsOf(adminUrl: string | undefined): Promise<Exposition | undefined> {
  if (adminUrl === undefined) return undefined;
  const metrics = Exposition.read(await readMetrics(adminUrl));
  if (!metrics.isOurs) throw new Error(`${adminUrl}/metrics are not those of a Portico`);
  return metrics;
}

/** The status; the whole answer is read. */
function answerTo({ origin, method, path, headers, body }: LoadRequest): Promise<number> {
  const send = origin.startsWith('https:') ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // As the load does, which is about figures: whose certificate it is does not matter.
  const options = { method, path, headers, rejectUnauthorized: false, agent: false };
  const request = send(origin, options, (response) => {
    response.once('end', () => resolve(response.statusCode!));
    response.once('error', reject);
    response.resume();
  });
  request.setTimeout(ANSWER_MS, () => {
    request.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`));
  });
  request.once('error', (error: NodeJS.ErrnoException) => {
    const message = `${origin} does not answer: ${error.message || error.code}`;
    reject(new Error(message, { cause: error }));
  });
  request.end(body === undefined ? undefined : Buffer.from(body, 'base64'));
  return promise;
}

/** What could not be reached for this one request. */
function failedTargets(added: Exposition): string[] {
  return added
    .of('portico_upstream_requests_total')
    .filter(({ labels }) => labels['status'] === 'GW_UPSTREAM_CONNECT')
    .map(({ labels: { upstream = '', target = '' } }) => unreachable(upstream, target));
}

/** The other targets of the upstreams that were called: they come in turn. */
async function refusing(
  added: Exposition,
  upstreams: readonly CalledUpstream[],
): Promise<string[]> {
  const called = new Set(
    added.of('portico_upstream_requests_total').map(({ labels }) => labels['upstream']),
  );
  const targets = upstreams
    .filter(({ name }) => called.has(name))
    .flatMap(({ name, targets: origins }) => origins.map((origin) => ({ name, origin })));
  const found = await Promise.all(
    targets.map(async ({ name, origin }) =>
      (await accepts(origin)) ? [] : [unreachable(name, origin)],
    ),
  );
  return found.flat();
}

const unreachable = (upstream: string, target: string): string =>
  `upstreams.${upstream}: ${target} cannot be reached`;

/** Whether somebody listens at `origin`. */
function accepts(origin: string): Promise<boolean> {
  const path = socketPathOf(origin);
  const socket = connect(path === undefined ? addressIn(origin) : { path });
  return new Promise((resolve) => {
    const settle = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(CONNECT_MS, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

function addressIn(origin: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
