/**
 * Delays or fails a share of a route's requests, to show how clients cope.
 *
 * Affected responses carry `Gateway-Fault`, so that nobody mistakes them for a real fault. A config needs
 * `server.allowFaults` to use this.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  definePlugin,
  duration,
  GatewayError,
  percent,
  type PluginCounter,
  type PluginHost,
  z,
} from 'portico';

const LONGEST_MS = 60_000;

const share = () => percent().prefault('100%').describe('Share of the requests affected.');

const Options = z
  .strictObject({
    delay: z
      .strictObject({
        time: duration()
          .refine((ms) => ms > 0 && ms <= LONGEST_MS, 'must be longer than 0 and at most 1m')
          .describe('How long the request is held; at most 1m.'),
        percent: share(),
      })
      .optional()
      .describe('Delays requests.'),
    abort: z
      .strictObject({
        status: z
          .union([z.int().min(400).max(599), z.literal('reset')])
          .describe('Status of the response; `reset` closes the connection without one.'),
        percent: share(),
      })
      .optional()
      .describe('Answers requests instead of serving them; after the delay, if both happen.'),
  })
  .describe('Injects faults, to test what depends on the route; needs `server.allowFaults`.');
type Options = z.output<typeof Options>;

export default definePlugin({
  name: 'fault',
  requires: 'allowFaults',
  settings: z.strictObject({}),
  options: Options,
  document: ({ abort }) =>
    abort === undefined || abort.status === 'reset'
      ? {}
      : { responses: { [abort.status]: { description: 'A fault that the gateway injects.' } } },
  *check({ delay, abort }) {
    if (delay === undefined && abort === undefined) {
      yield { path: [], message: 'does nothing: give it a delay, an abort, or both' };
    }
  },
  register: (_settings, { metrics, random, clock }) => {
    const faults = metrics.counter('faults_total', 'Injected faults.', ['route', 'kind']);
    return {
      route: ({ delay, abort }) => ({
        phase: 'request',
        onRequest(request, reply) {
          // Both are drawn for every request, so that neither share depends on the other.
          const isHeld = delay !== undefined && random() < delay.percent;
          const isAborted = abort !== undefined && random() < abort.percent;
          const end = (): void => {
            if (isAborted) fail(request, reply, abort.status, faults);
          };
          if (!isHeld) return end();
          mark(reply, 'delay');
          count(faults, request, 'delay');
          return held(reply, delay.time, clock).then(end);
        },
        explain: () => ({ says: sayFaults(delay, abort), isCertain: false }),
      }),
    };
  },
});

function sayFaults(delay: Options['delay'], abort: Options['abort']): string {
  const of = (part: number): string => `${Math.round(part * 100)} % of the requests`;
  return [
    delay === undefined ? [] : `holds ${of(delay.percent)} for ${delay.time} ms`,
    abort === undefined ? [] : `answers ${of(abort.percent)} with ${abort.status}`,
  ]
    .flat()
    .join(', ');
}

function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number | 'reset',
  faults: PluginCounter,
): void {
  count(faults, request, 'abort');
  if (status === 'reset') {
    reply.hijack();
    reply.raw.destroy();
    return;
  }
  mark(reply, 'abort');
  const problem = {
    type: 'urn:portico:fault:abort',
    title: 'Injected fault',
    status,
    detail: 'the gateway is configured to answer like this',
    instance: `urn:request:${request.id}`,
  };
  void reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    // As bytes: to text Fastify would add a charset, which this type has none of.
    .send(Buffer.from(JSON.stringify(problem)));
}

/** @throws GW_CLIENT_CLOSED when the client leaves meanwhile */
function held({ raw }: FastifyReply, ms: number, clock: PluginHost['clock']): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clock.cancel(timer);
      reject(new GatewayError('GW_CLIENT_CLOSED', 'the client left'));
    };
    const timer = clock.after(ms, () => {
      raw.off('close', leave);
      resolve();
    });
    raw.once('close', leave);
  });
}

function mark(reply: FastifyReply, kind: string): void {
  const marked = reply.getHeader('gateway-fault');
  void reply.header('gateway-fault', marked === undefined ? kind : `${String(marked)}, ${kind}`);
}

const count = (faults: PluginCounter, request: FastifyRequest, kind: string): void =>
  faults.inc({ route: request.gateway.route, kind });
