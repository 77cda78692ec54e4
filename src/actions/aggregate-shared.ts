/**
 * Calls of one request that are alike, made once: same upstream, path, query, fields and limits, by GET.
 *
 * Each asker gets the outcome. A call ends early when nobody waits for it any more.
 */
import type { Cancellation } from '../core/cancellation.ts';
import type { Json } from '../core/json.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { notNeeded } from '../routes/gather.ts';
import type { PartRequest } from '../routes/part.ts';
import { type PartContext, type PartReceiver, startPart } from '../routes/part-run.ts';
import type { Asked } from './aggregate-part.ts';

export class SharedCalls {
  readonly #context: PartContext;
  readonly #calls = new Map<string, SharedCall>();
  /** Who waits for which. */
  readonly #waiting = new Map<PartReceiver, SharedCall>();

  constructor(context: PartContext) {
    this.#context = context;
  }

  /** Makes the call, or joins one; `receiver` may be told before this returns. */
  start(
    { upstream, shareAs }: Asked,
    context: PartContext,
    described: PartRequest,
    receiver: PartReceiver,
  ): void {
    if (shareAs === undefined) return startPart(upstream, context, described, receiver);
    const key = `${shareAs} ${described.path}${described.query} ${JSON.stringify(described.headers)}`;
    const known = this.#calls.get(key);
    if (known !== undefined) {
      if (!known.join(receiver)) this.#waiting.set(receiver, known);
      return;
    }
    const call = new SharedCall(this.#context, receiver);
    this.#calls.set(key, call);
    this.#waiting.set(receiver, call);
    startPart(upstream, call, described, call);
  }

  /** `receiver` does not wait any more. */
  leave(receiver: PartReceiver): void {
    const call = this.#waiting.get(receiver);
    this.#waiting.delete(receiver);
    if (call?.leave(receiver) !== true) return;
    for (const [key, each] of this.#calls) if (each === call) this.#calls.delete(key);
  }
}

type Ended =
  | { readonly kind: 'came'; readonly json: Json }
  | { readonly kind: 'missed'; readonly error: unknown };

class SharedCall implements PartReceiver, PartContext {
  readonly exchange: ClientExchange;
  readonly group: Cancellation;
  readonly #receivers: Set<PartReceiver>;
  #ended: Ended | undefined;

  constructor({ exchange, group }: PartContext, receiver: PartReceiver) {
    this.exchange = exchange;
    this.group = group.child();
    this.#receivers = new Set([receiver]);
  }

  /** Is it over? Then `receiver` has been told. */
  join(receiver: PartReceiver): boolean {
    if (this.#ended === undefined) {
      this.#receivers.add(receiver);
      return false;
    }
    tell(receiver, this.#ended);
    return true;
  }

  /** Was `receiver` the last one? Then the call has been ended. */
  leave(receiver: PartReceiver): boolean {
    this.#receivers.delete(receiver);
    if (this.#receivers.size > 0 || this.#ended !== undefined) return false;
    this.group.cancel(notNeeded());
    return true;
  }

  came(json: Json): void {
    this.#end({ kind: 'came', json });
  }

  missed(error: unknown): void {
    this.#end({ kind: 'missed', error });
  }

  #end(ended: Ended): void {
    this.#ended = ended;
    for (const receiver of this.#receivers) tell(receiver, ended);
    this.#receivers.clear();
  }
}

function tell(receiver: PartReceiver, ended: Ended): void {
  if (ended.kind === 'came') receiver.came(ended.json);
  else receiver.missed(ended.error);
}
