/**
 * The calls that operations make: under the policies and over the state of the upstream, as any other call, in the
 * generation that serves when they begin.
 *
 * A generation is not idle while one of its calls is under way. Plugins of routes take no part: a step belongs to no route.
 */
import { GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';
import { Cancellation } from '../core/cancellation.ts';
import type { Consumer, UpstreamResponse } from '../core/call.ts';
import { firstValue, type MutableHeaders } from '../core/headers.ts';
import type { StepCall } from '../config/build/saga-config.ts';
import { CallRecord } from '../core/record.ts';
import { continuedTrace, type TraceContext } from '../core/trace-context.ts';
import { parseTraceParent, SAMPLED } from '../core/trace-fields.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import { VIA } from '../edge/forwarded.ts';
import type { CallOrder, CallResult, EngineEvent } from '../operations/engine.ts';
import { SealError, type Seals } from '../operations/seals.ts';
import { outcomeOfError, outcomeOfStatus } from '../operations/outcome.ts';
import { keptOf, MAX_READ_BYTES, resultOf } from '../routes/operations/kept-answer.ts';
import { type RenderedCall, renderCall } from '../routes/operations/render-call.ts';
import { storedRequest } from '../routes/operations/stored-request.ts';
import { retryAfterMs } from '../policies/retry.ts';
import type { UpstreamLeases } from '../upstream/lease.ts';
import { upstreamCall } from './upstream-call.ts';
import type { World } from './world.ts';

export class OperationCalls {
  readonly #upstreams: UpstreamLeases;
  readonly #world: World;
  readonly #seals: Seals;
  #underWay = 0;
  readonly #idle: (() => void)[] = [];

  constructor(upstreams: UpstreamLeases, world: World, seals: Seals) {
    this.#seals = seals;
    this.#upstreams = upstreams;
    this.#world = world;
  }

  /** Resolves once no call is under way. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#underWay === 0) resolve();
      else this.#idle.push(resolve);
    });
  }

  /** Makes the call. Never rejects: a failure is an outcome. */
  async perform(order: CallOrder): Promise<CallResult> {
    this.#underWay += 1;
    try {
      return await this.#perform(order);
    } catch (error) {
      this.#world.log.error({ err: error, operation: order.operation, step: order.step }, 'bug');
      return { outcome: 'unknown', why: 'GW_INTERNAL' };
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const tell of this.#idle.splice(0)) tell();
    }
  }

  #perform(order: CallOrder): Promise<CallResult> {
    let call: RenderedCall;
    try {
      call =
        order.call === 'input' ? storedRequest(order.input) : this.#rendered(order.call, order);
    } catch (error) {
      const { operation, step } = order;
      if (error instanceof SealError) {
        this.#world.log.error({ operation, step, why: error.message }, 'a seal cannot be opened');
        // Nothing was called, and the key may come back.
        return Promise.resolve({ outcome: 'notSent', why: 'SEALED' });
      }
      if (!(error instanceof RangeError) && !isGatewayError(error)) throw error;
      this.#world.log.warn({ operation, step, why: error.message }, 'a step cannot be filled in');
      return Promise.resolve({ outcome: 'refused', why: 'TEMPLATE' });
    }
    const lease = this.#upstreams.get(call.upstream);
    if (lease === undefined) return Promise.resolve({ outcome: 'notSent', why: 'NO_UPSTREAM' });
    const { kind, name } = order.definition;
    const caller = { route: `${kind} ${name}`, overrides: {}, outer: [], inner: [] };
    return this.#send(order, call, upstreamCall(lease, caller, this.#world).call);
  }

  #rendered(call: StepCall, order: CallOrder): RenderedCall {
    const { operation, definition } = order;
    const { secret } = definition;
    return renderCall(call, order, (value, root) =>
      this.#seals.open(value, { operation, root, secret }),
    );
  }

  async #send(
    order: CallOrder,
    rendered: RenderedCall,
    call: ReturnType<typeof upstreamCall>['call'],
  ): Promise<CallResult> {
    const { clock } = this.#world;
    const { upstream, method, path, query, body } = rendered;
    const record = new CallRecord(
      order.isUndo ? 'undo' : 'step',
      order.step,
      upstream,
      clock.now(),
    );
    const signal = new Cancellation();
    const context = this.#contextOf(order, signal);
    const timer = clock.after(order.timeoutMs, () =>
      signal.cancel(new GatewayError('GW_UPSTREAM_TIMEOUT', `${order.step} took too long`)),
    );
    try {
      const response = await call(
        upstreamRequest(
          context,
          { upstream, method, path, query, body, headers: fieldsOf(rendered, order) },
          signal,
          record,
        ),
      );
      return this.#sealed(await answered(response, order), order);
    } catch (error) {
      const { code } = toGatewayError(error);
      return { outcome: outcomeOfError(code, hasReached(record)), why: code };
    } finally {
      clock.cancel(timer);
      if (context.trace !== undefined) {
        this.#world.tracing?.endStep(context.trace, record, clock.now());
      }
    }
  }

  /** A run of an operation has ended here. */
  ended(
    event: Extract<EngineEvent, { readonly event: 'started' | 'compensating' | 'ended' }>,
  ): void {
    const { ended, ...run } = event;
    if (ended !== undefined)
      this.#world.tracing?.endRun({ ...run, ...ended }, this.#world.clock.now());
  }

  #sealed(result: CallResult, { operation, step, definition: { secret } }: CallOrder): CallResult {
    const { kept } = result;
    if (kept === undefined || secret === undefined) return result;
    return { ...result, kept: this.#seals.seal(kept, { operation, root: step, secret }) };
  }

  /** The attempts of a call are spans of the run's trace. */
  #traceOf(text: string | undefined): TraceContext | undefined {
    const ids = this.#world.tracing?.rules.ids;
    const parent = text === undefined ? undefined : parseTraceParent(text);
    if (ids === undefined || parent === undefined) return undefined;
    const isSampled = (parent.flags & SAMPLED) !== 0;
    const origin = { isSampled, isDecided: true, state: undefined, baggage: undefined };
    return continuedTrace(ids, parent, origin);
  }

  #contextOf({ definition: { kind, name }, starter, trace }: CallOrder, signal: Cancellation) {
    const id = this.#world.nextRequestId();
    const consumer: Consumer = { ...starter, scopes: new Set() };
    return {
      id,
      route: `${kind} ${name}`,
      consumer,
      client: consumer,
      signal,
      host: undefined,
      fields: { via: VIA, 'x-request-id': id },
      trace: this.#traceOf(trace),
      toldUpstreams: undefined,
    };
  }
}

function fieldsOf({ headers }: RenderedCall, { key, operation }: CallOrder): MutableHeaders {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...headers,
    'idempotency-key': key,
    'portico-operation': operation,
  };
}

/** Has an attempt got further than dialling? A retry may fail to connect after one that was cut. */
const hasReached = ({ attempts }: CallRecord): boolean =>
  attempts.some(({ ending }) => ending !== undefined && ending !== 'GW_UPSTREAM_CONNECT');

async function answered(response: UpstreamResponse, order: CallOrder): Promise<CallResult> {
  const { status, headers } = response;
  const retryAfter = firstValue(headers['retry-after']);
  const outcome = outcomeOfStatus({ status, saysWhen: retryAfter !== undefined });
  const kept = order.isUndo ? await dumped(response) : await keptFrom(response, order, outcome);
  if (outcome === 'done') return { outcome, status, ...(kept !== undefined && { kept }) };
  const againMs = retryAfterMs(retryAfter);
  return {
    outcome,
    status,
    why: `STATUS_${status}`,
    ...(kept !== undefined && { kept }),
    ...(againMs !== undefined && { retryAfterMs: againMs }),
  };
}

async function dumped({ body }: UpstreamResponse): Promise<undefined> {
  // The status says it all: what comes after it changes nothing.
  await body.dump().catch(() => undefined);
}

/** @throws what broke the answer, unless it is only too long to be kept */
async function keptFrom(
  response: UpstreamResponse,
  { definition: { kind }, pick }: CallOrder,
  outcome: CallResult['outcome'],
): Promise<string | undefined> {
  // Of a command, a refusal is an answer that its client wants to see.
  if (outcome !== 'done' && kind === 'saga') return dumped(response);
  let bytes: Buffer;
  try {
    bytes = await response.body.bytes(MAX_READ_BYTES);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'GW_UPSTREAM_INVALID') return undefined;
    throw error;
  }
  return kind === 'command' ? resultOf(bytes, response) : keptOf(bytes, response, pick);
}
