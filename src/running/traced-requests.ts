/**
 * Keeps the trace of requests with a signed `Portico-Debug` field.
 *
 * The field is removed like all that clients may not send: see client-headers.ts. One whose signature is not
 * valid, or was used before, makes no difference at all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../assembly/admission.ts';
import { bytesSent, statusOf } from '../assembly/request-observer.ts';
import type { World } from '../assembly/world.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { DEBUG_FIELD, verifyDebug } from '../edge/debug-signature.ts';
import { peerOf } from '../edge/peer.ts';
import { explainRequest } from '../explain/explain-request.ts';
import { type Question, QuestionError } from '../explain/question.ts';
import { ExplainTimeout } from '../explain/traced-request.ts';
import type { Generation } from '../generation.ts';
import { type Trace, traceOf, traceText } from '../observe/trace.ts';
import { TRACE_LIMITS } from '../observe/traces.ts';

/** Requests to `generation`; where its config has no keys, nothing is added. */
export function tracing(
  generation: Generation,
  world: World,
  handle = generation.handle,
): RequestHandler {
  const { config } = generation;
  const keys = config.admin?.trace?.keys;
  if (keys === undefined) return handle;
  return function traced(request, response) {
    const field = request.headers[DEBUG_FIELD];
    if (field === undefined) {
      handle(request, response);
      return;
    }
    const question = isAskedFor(request, String(field), keys, world)
      ? questionOf(request)
      : undefined;
    handle(request, response);
    if (question === undefined) return;
    // The record is complete: what notes a client that disconnects was registered earlier.
    response.once('close', () => {
      const trace = recordedTrace(exchangeOf(request), response, { generation, world });
      // Only now: it would take time from what is measured.
      world.traces.keep(trace.id, explained(trace, question, { generation, world }));
    });
  };
}

/** Has an operator signed this request, and is this its first use? */
function isAskedFor(
  { method = '', url = '' }: IncomingMessage,
  field: string,
  keys: readonly string[],
  { wallClock, traces }: World,
): boolean {
  const now = wallClock() / 1_000;
  const signed = verifyDebug(field, { keys, request: { method, target: originForm(url) }, now });
  return signed !== undefined && traces.claim(signed.nonce, (signed.expires - now) * 1_000);
}

const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** Without the authority of an absolute target. */
const originForm = (url: string): string => url.replace(AUTHORITY, '');

/** The request as the client sent it, before anything has changed it. */
function questionOf(request: IncomingMessage): Question {
  const { method = '', url = '', rawHeaders, socket } = request;
  const fields = Array.from(
    { length: rawHeaders.length / 2 },
    (_each, i) => [rawHeaders[2 * i]!, rawHeaders[2 * i + 1]!] as const,
  );
  // The authority of an absolute target replaces Host (RFC 9112 §3.2.2).
  const isAbsolute = AUTHORITY.test(url);
  return {
    method,
    url,
    headers: fields.filter(([name]) => !isAbsolute || name.toLowerCase() !== 'host'),
    address: peerOf(socket).address,
  };
}

interface Serving {
  readonly generation: Generation;
  readonly world: World;
}

function recordedTrace(
  exchange: ClientExchange,
  response: ServerResponse,
  { generation: { number }, world: { clock, wallClock } }: Serving,
): Trace {
  const endedAt = clock.now();
  return traceOf(exchange, {
    at: new Date(wallClock() - (endedAt - exchange.record.startedAt)).toISOString(),
    generation: number,
    status: statusOf(exchange, response),
    bytesSent: bytesSent(exchange, response),
    endedAt,
  });
}

/** As JSON, with what the gateway says of such a request. */
async function explained(trace: Trace, question: Question, serving: Serving): Promise<string> {
  const most = TRACE_LIMITS.traceBytes;
  try {
    return traceText({ ...trace, explain: await explainRequest(question, serving) }, most);
  } catch (error) {
    const isExpected = error instanceof QuestionError || error instanceof ExplainTimeout;
    if (!isExpected) serving.world.log.error({ err: error, requestId: trace.id }, 'bug');
    const notExplained = isExpected ? error.message : 'it failed: see the log';
    return traceText({ ...trace, notExplained }, most);
  }
}
