/**
 * Which endpoint of a BFF a path leads to: asked only for paths with parameters (`;`), which the server
 * behind the BFF's own router could read in two ways.
 *
 * Fastify tells nobody where a path would lead, so that its router is asked beside it, with the same routes.
 */
import type { IncomingMessage } from 'node:http';
import type { RouteOptions } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { otherReadings } from '../core/path-parameters.ts';

type Endpoint = Pick<RouteOptions, 'method' | 'url' | 'constraints'>;
type Lookup = (request: object, response: object) => unknown;

export class BffEndpoints {
  readonly #router;
  /** A route has constraints of its own making: nobody here can tell what it takes. */
  #isUnsure = false;

  constructor(maxParamLength: number) {
    const nowhere = (): undefined => undefined;
    this.#router = findMyWay({ maxParamLength, defaultRoute: nowhere, onBadUrl: nowhere });
  }

  /** `name` is what two addresses of one endpoint share. */
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
    // It only reads these, and answers with what the route's handler returns.
    const lookup = this.#router.lookup.bind(this.#router) as unknown as Lookup;
    return otherReadings(rest).every(
      (path) => (lookup({ method, headers, url: prefix + path }, {}) ?? '') === name,
    );
  }
}
