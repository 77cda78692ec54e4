/**
 * The answer of an aggregate, as its client wants it: everything or the fields it names, at once or each part as it
 * comes.
 */
import { Body } from '../core/body.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { toGatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { Receiver } from '../core/sender.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { degradedFields, noteMissing } from '../edge/degraded.ts';
import { formFor } from '../routes/answer-form.ts';
import { chosenBy } from './aggregate-fields.ts';
import {
  bytesOf,
  errorOf,
  isHidden,
  mergeParts,
  mustBeEnough,
  onOneLine,
  type Outcome,
  type Shown,
} from './aggregate-merge.ts';
import type { CompiledAggregate } from './aggregate-part.ts';
import { PartStream } from './aggregate-stream.ts';

export class PartsReply {
  readonly #aggregate: CompiledAggregate;
  readonly #client: ClientExchange;
  readonly #receiver: Receiver;
  /** `undefined`: the answer is sent whole. */
  readonly #stream: PartStream | undefined;
  #shown: Shown;

  constructor(
    aggregate: CompiledAggregate,
    client: ClientExchange,
    group: Cancellation,
    receiver: Receiver,
  ) {
    this.#aggregate = aggregate;
    this.#client = client;
    this.#receiver = receiver;
    this.#stream = aggregate.streams ? streamFor(client, group, receiver) : undefined;
  }

  /**
   * The places of the parts that the client has no use for.
   *
   * @throws GW_REQUEST_INVALID as `chosenBy` does
   */
  unwanted(): readonly number[] {
    const { fields, parts } = this.#aggregate;
    const chosen = fields ? chosenBy(this.#client.query, parts) : undefined;
    if (chosen === undefined) return NONE;
    this.#shown = chosen.shown;
    return chosen.isCalled.flatMap((isCalled, at) => (isCalled ? [] : [at]));
  }

  /** The part at `at` is over. */
  settled(at: number, outcome: Outcome): void {
    if (this.#stream === undefined || outcome.kind === 'skipped') return;
    if (isHidden(this.#shown, at)) return;
    const part = this.#aggregate.parts[at]!;
    const bytes = bytesOf(part, outcome, this.#shown, at);
    if (outcome.kind === 'value') {
      this.#stream.part(part.config, bytes && onOneLine(bytes, outcome.value));
    } else {
      const error = errorOf(part, outcome);
      this.#stream.part(part.config, bytes, { reason: outcome.missing.reason, error });
    }
  }

  /**
   * All parts are over.
   *
   * @throws the error of the part that failed most tellingly, if too few have come
   */
  answer(outcomes: readonly Outcome[]): void {
    const missing: MissingPart[] = [];
    for (let at = 0; at < outcomes.length; at++) {
      const outcome = outcomes[at]!;
      if (isHidden(this.#shown, at)) continue;
      if (outcome.kind === 'missing') missing.push(outcome.missing);
      else if (outcome.kind === 'value') for (const each of outcome.lacking) missing.push(each);
    }
    mustBeEnough(this.#aggregate, outcomes, missing);
    if (this.#stream !== undefined) {
      noteMissing(this.#client.record, missing);
      this.#stream.end(missing);
      return;
    }
    const bytes = mergeParts(this.#aggregate, outcomes, this.#shown, this.#client);
    const headers = {
      'content-type': 'application/json',
      'content-length': `${bytes.length}`,
      ...(this.#aggregate.streams && VARYING),
      ...degradedFields(this.#client.record, missing),
    };
    this.#receiver.answered({ status: 200, headers, body: Body.of(bytes), target: '' });
  }

  fail(error: unknown): void {
    if (this.#stream?.hasBegun !== true) {
      this.#receiver.failed(error);
      return;
    }
    const own = toGatewayError(error);
    this.#client.record.fail(own);
    this.#stream.fail(own, this.#client.id);
  }
}

function streamFor(
  { method, headers }: ClientExchange,
  group: Cancellation,
  receiver: Receiver,
): PartStream | undefined {
  const form = method === 'HEAD' ? 'json' : formFor(headers.accept);
  if (form === 'json') return undefined;
  return new PartStream(form, group, (response) => receiver.answered(response));
}

const NONE: readonly number[] = [];
const VARYING = { vary: 'accept' };
