/** Runs the parts that a BFF describes: one, or several side by side. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cancellation } from '../core/cancellation.ts';
import type { Clock } from '../core/clock.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { MissingPart } from '../core/record.ts';
import { markDegraded } from '../edge/degraded.ts';
import { GatewayError } from '../core/errors.ts';
import { gather, missingPart } from '../routes/gather.ts';
import { runPart } from '../routes/part-run.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { PartDescriber } from './part-describer.ts';
import { mustBePart, type Part, type PartValues } from './parts.ts';

/** Runs parts for requests of one mounted BFF. */
export class PartRunner {
  readonly #calls: ReadonlyMap<string, UpstreamCall>;
  readonly #describer: PartDescriber;

  constructor(calls: ReadonlyMap<string, UpstreamCall>, clock: Clock) {
    this.#calls = calls;
    this.#describer = new PartDescriber(clock);
  }

  async run<T>(request: FastifyRequest, reply: FastifyReply, part: Part<T>): Promise<T> {
    mustBePart('the part', part);
    const { [part.upstream]: value } = await this.gather(request, reply, { [part.upstream]: part });
    return value as T;
  }

  async gather<P extends Readonly<Record<string, Part<unknown>>>>(
    request: FastifyRequest,
    reply: FastifyReply,
    parts: P,
  ): Promise<PartValues<P>> {
    for (const [name, part] of Object.entries(parts)) mustBePart(name, part);
    const client = exchangeOf(request.raw);
    const group = client.signal.child();
    const missing: MissingPart[] = [];
    const values = await gather(
      Object.entries(parts),
      group,
      async ([name, part]): Promise<[string, unknown]> => {
        try {
          mustBePart(name, part);
          return [name, await part.outcome(() => this.#one(request, name, part, group))];
        } catch (error) {
          if (part.fallback === undefined) throw error;
          missing.push(missingPart(client, name, error));
          return [name, part.fallback.value];
        }
      },
    );
    markDegraded(reply, missing);
    return Object.fromEntries(values) as PartValues<P>;
  }

  async #one<T>(
    request: FastifyRequest,
    name: string,
    part: Part<T>,
    group: Cancellation,
  ): Promise<T> {
    const call = this.#calls.get(part.upstream);
    if (call === undefined) {
      throw new TypeError(`the BFF did not declare the upstream "${part.upstream}"`);
    }
    const description = this.#describer.describe(request, name, part, call);
    const exchange = exchangeOf(request.raw);
    const json = await runPart(call, { exchange, group }, description);
    const { schema, numbers } = part.options;
    const value = numbers === 'text' ? json.withNumbersAsText() : json.value;
    if (schema === undefined) return value as T;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new GatewayError('GW_UPSTREAM_INVALID', `${name} does not match its schema`, {
      cause: parsed.error,
    });
  }
}
