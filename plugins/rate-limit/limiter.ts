/** One limit of the config: a limiter of the package, and the fields that tell of it. */
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, type PluginCounter, requestSource } from 'portico';

export interface LimitOptions {
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
  /** A source. */
  readonly by: string;
}

type Check = ReturnType<FastifyInstance['createRateLimit']>;
type Result = Awaited<ReturnType<Check>>;

/** Longer ones count by their hash: what a client may choose must not fill the memory. */
const KEY_CHARACTERS = 64;

export class Limiter {
  readonly #options: LimitOptions;
  readonly #refused: PluginCounter;
  readonly #check: Check;
  /** `RateLimit-Policy`, which never changes. */
  readonly #policy: string;

  constructor(options: LimitOptions, app: FastifyInstance, refused: PluginCounter) {
    const { max, window, by } = options;
    this.#options = options;
    this.#refused = refused;
    this.#policy = `"${by}";q=${max};w=${Math.max(1, Math.round(window / 1_000))}`;
    this.#check = app.createRateLimit({ max, timeWindow: window, keyGenerator: keyOf(options) });
  }

  /** Counts a request, and tells the client where it stands. @throws GW_RATE_LIMITED */
  apply(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.#check(request).then((result) => this.#tell(result, request, reply));
  }

  #tell(result: Result, request: FastifyRequest, reply: FastifyReply): void {
    if (result.isAllowed) return;
    const { remaining, ttl, isExceeded } = result;
    const { max, window, by } = this.#options;
    append(reply, 'ratelimit-policy', this.#policy);
    append(reply, 'ratelimit', `"${by}";r=${remaining};t=${Math.ceil(ttl / 1_000)}`);
    if (!isExceeded) return;
    this.#refused.inc({ route: request.gateway.route });
    const detail = `more than ${max} in ${window / 1_000} s`;
    throw new GatewayError('GW_RATE_LIMITED', detail, { retryAfterMs: ttl });
  }
}

/** Counts of all limits are kept together: a key names its route and its limit too. */
function keyOf({ by, max, window }: LimitOptions): (request: FastifyRequest) => string {
  const own = requestSource(by);
  const address = requestSource('address');
  const name = ` ${by} ${max}/${window} `;
  return (request) => {
    const key = own(request);
    // Who leaves the header out must not escape the limit, nor send what stands for another's.
    const whose = key === undefined ? `-${address(request)}` : `=${short(key)}`;
    return request.gateway.route + name + whose;
  };
}

const short = (key: string): string =>
  key.length > KEY_CHARACTERS ? hash('sha256', key, 'base64url') : key;

function append(reply: FastifyReply, name: string, value: string): void {
  const known = reply.getHeader(name);
  void reply.header(name, known === undefined ? value : `${String(known)}, ${value}`);
}
