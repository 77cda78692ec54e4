/**
 * Finds the endpoint of a BFF for a path. Needed only for paths with parameters (`;`), which could be
 * read in two ways.
 *
 * Fastify does not reveal where a path would lead, so a second find-my-way router holds the same routes.
 */
import type { IncomingMessage } from 'node:http';
import type { RouteOptions } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { otherReadings } from '../core/path-parameters.ts';

type Endpoint = Pick<RouteOptions, 'method' | 'url' | 'constraints'>;
type Lookup = (request: object, response: object) => unknown;

export class BffEndpoints {
  readonly #router;
  /** A route has custom constraints, so this router cannot tell which requests it accepts. */
  #isUnsure = false;

  constructor(maxParamLength: number) {
    const nowhere = (): undefined => undefined;
    this.#router = findMyWay({ maxParamLength, defaultRoute: nowhere, onBadUrl: nowhere });
  }

  /** `name` is the same for all addresses of one endpoint. */
  add({ method, url, constraints }: Endpoint, name: string): void {
    try {
      const options = constraints === undefined ? {} : { constraints };
      this.#router.on(method as HTTPMethod | HTTPMethod[], url, options, () => name);
    } catch {
      this.#isUnsure = true;
    }
  }

  /** Do all readings of `rest`, a path below `prefix`, lead to `name`? */
  agreeOn(
    name: string,
    { method, headers }: IncomingMessage,
    prefix: string,
    rest: string,
  ): boolean {
    if (this.#isUnsure) return false;
    // Holds because `lookup` reads only these properties, and returns what the route's handler returns.
    const lookup = this.#router.lookup.bind(this.#router) as unknown as Lookup;
    return otherReadings(rest).every(
      (path) => (lookup({ method, headers, url: prefix + path }, {}) ?? '') === name,
    );
  }
}
