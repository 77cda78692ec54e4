/**
 * Finds the endpoint of a BFF for a path. Needed only for paths with parameters (`;`), which could be
 * read in two ways, and for explaining.
 *
 * Fastify does not reveal where a path would lead, so a second find-my-way router holds the same routes.
 */
import type { IncomingMessage } from 'node:http';
import type { RouteOptions } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { PlannedCall } from '../actions/plan.ts';
import { otherReadings } from '../core/path-parameters.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { FastifyHook } from './fastify-hook.ts';
import type { BuiltRoute } from './routes.ts';

export interface BffEndpoint {
  /** The same for all addresses of one endpoint; empty: any path that the BFF does not serve. */
  readonly name: string;
  /** The gateway's hooks before those of plugins. */
  readonly entry: readonly FastifyHook[];
  /** It has schemas for what requests hold, which may refuse them. */
  readonly hasRequestSchema: boolean;
  /** With the options of the endpoint. */
  readonly route: BuiltRoute;
  /** Of `app.forward`: the call that it makes. */
  readonly plan?: ((exchange: ClientExchange) => PlannedCall) | undefined;
}

export interface FoundEndpoint {
  readonly endpoint: BffEndpoint;
  readonly params: Readonly<Record<string, string | undefined>>;
}

type Address = Pick<RouteOptions, 'method' | 'url' | 'constraints'>;
type Lookup = (request: object, response: object) => FoundEndpoint | 'undecodable' | undefined;

export class BffEndpoints {
  readonly #router;
  /** A route has custom constraints, so this router cannot tell which requests it accepts. */
  #isUnsure = false;

  constructor(maxParamLength: number) {
    this.#router = findMyWay({
      maxParamLength,
      defaultRoute: () => undefined,
      onBadUrl: () => 'undecodable',
    });
  }

  add({ method, url, constraints }: Address, endpoint: BffEndpoint): void {
    try {
      const options = constraints === undefined ? {} : { constraints };
      this.#router.on(
        method as HTTPMethod | HTTPMethod[],
        url,
        options,
        (_request, _response, params): FoundEndpoint => ({ endpoint, params }),
      );
    } catch {
      this.#isUnsure = true;
    }
  }

  has(method: string, url: string): boolean {
    return this.#router.hasRoute(method as HTTPMethod, url);
  }

  /** The endpoint at `url`; `unsure`: only Fastify knows. */
  find({
    method,
    headers,
    url,
  }: Pick<IncomingMessage, 'method' | 'headers' | 'url'>): ReturnType<Lookup> | 'unsure' {
    if (this.#isUnsure) return 'unsure';
    // Holds because `lookup` reads only these properties, and returns what the route's handler returns.
    const lookup = this.#router.lookup.bind(this.#router) as unknown as Lookup;
    return lookup({ method, headers, url }, {});
  }

  /** Do all readings of `rest`, a path below `prefix`, lead to `name`? */
  agreeOn(
    name: string,
    { method, headers }: IncomingMessage,
    prefix: string,
    rest: string,
  ): boolean {
    return otherReadings(rest).every((path) => {
      const found = this.find({ method, headers, url: prefix + path });
      if (found === 'unsure') return false;
      return (typeof found === 'object' ? found.endpoint.name : '') === name;
    });
  }
}
