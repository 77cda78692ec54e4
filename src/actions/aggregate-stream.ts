/**
 * An aggregate's answer as a stream: each part as it comes, then how it ended. As lines of JSON, or as server-sent events
 * named `part` and `end`.
 *
 * Nothing is sent before a part has come, so that what fails before that is an ordinary error.
 */
import { Body, type BodySource } from '../core/body.ts';
import type { GatewayError } from '../core/errors.ts';
import type { MissingPart } from '../core/record.ts';
import type { UpstreamResponse } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import { problem } from '../edge/problem.ts';
import type { StreamForm } from '../routes/answer-form.ts';

const TYPES: Readonly<Record<StreamForm, string>> = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
};

/** Where a part's value belongs. */
export interface StreamedPlace {
  readonly name: string;
  /** If it is not just under its name. */
  readonly as?: string | undefined;
  readonly spread: boolean;
}

export class PartStream {
  readonly #form: StreamForm;
  readonly #body: Body;
  readonly #begin: (response: UpstreamResponse) => void;
  #hasBegun = false;
  /** Of parts that failed before one came. */
  #held: Buffer[] = [];

  /**
   * @param group is cancelled when the client leaves
   * @param begin gets the answer with the first part
   */
  constructor(form: StreamForm, group: Cancellation, begin: (response: UpstreamResponse) => void) {
    this.#form = form;
    this.#begin = begin;
    // The parts are bounded one by one, so a slow reader need not stop them.
    const source: BodySource = {
      pause() {},
      resume() {},
      awaited() {},
      abort: (reason) => group.cancel(reason),
      // Nobody asks how far the reader is behind.
      now: () => 0,
    };
    this.#body = new Body(source);
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /**
   * @param value JSON on one line; absent: nothing stands in its place
   * @param failed why it is missing, if it is, and what is told of that
   */
  part(
    { name, as, spread }: StreamedPlace,
    value: Buffer | undefined,
    failed?: { readonly reason: string; readonly error: object | undefined },
  ): void {
    const about = {
      part: name,
      ...(as !== undefined && { as }),
      ...(spread && { spread }),
      ...(failed !== undefined && { missing: failed.reason, error: failed.error }),
    };
    const text = JSON.stringify(about);
    const pieces =
      value === undefined
        ? [Buffer.from(text)]
        : [Buffer.from(`${text.slice(0, -1)},"value":`), value, CLOSE];
    const line = this.#lineOf('part', pieces);
    if (failed === undefined || this.#hasBegun) this.#write(line);
    else this.#held.push(line);
  }

  end(missing: readonly MissingPart[]): void {
    this.#end({
      status: 200,
      missing: Object.fromEntries(missing.map(({ name, reason }) => [name, reason])),
    });
  }

  /** The answer has failed, after its head was sent. */
  fail(error: GatewayError, requestId: string): void {
    const { status, body } = problem(error, requestId);
    this.#end({ status, problem: JSON.parse(body) as unknown });
  }

  #end(about: object): void {
    const text = JSON.stringify(this.#form === 'sse' ? about : { end: about });
    this.#write(this.#lineOf('end', [Buffer.from(text)]));
    this.#body.finish(undefined);
  }

  #lineOf(event: string, pieces: readonly Buffer[]): Buffer {
    const [before, after] = this.#form === 'sse' ? [`event: ${event}\ndata: `, '\n\n'] : ['', '\n'];
    return Buffer.concat([Buffer.from(before), ...pieces, Buffer.from(after)]);
  }

  #write(line: Buffer): void {
    if (this.#hasBegun) {
      this.#body.push(line);
      return;
    }
    this.#hasBegun = true;
    for (const each of [...this.#held.splice(0), line]) this.#body.push(each);
    this.#begin({
      status: 200,
      headers: { 'content-type': TYPES[this.#form], 'cache-control': 'no-store', vary: 'accept' },
      body: this.#body,
      target: '',
      stream: this.#form,
    });
  }
}

const CLOSE = Buffer.from('}');
