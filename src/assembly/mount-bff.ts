/**
 * Mounts a BFF: a Fastify plugin in its own context, with zod schemas, whose routes inherit the hooks of
 * the YAML route.
 */
import type { FastifyInstance, HTTPMethods, onRequestHookHandler, RouteOptions } from 'fastify';
import type { z } from 'zod';
import type { Bff } from '../authoring/bff.ts';
import { describeForward, type ForwardOptions } from '../authoring/forward.ts';
import { PartRunner } from '../authoring/part-runner.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { GatewayError } from '../core/errors.ts';
import { SERVED_METHODS } from '../edge/methods.ts';
import { hasParameters, semicolonFault } from '../core/path-parameters.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import { takeBody } from './bff-body.ts';
import { chooseFields } from './bff-fields.ts';
import { addForward, forwardAction, type Forwarding, plannedForward } from './bff-forward.ts';
import { type BffEndpoint, BffEndpoints } from './bff-endpoints.ts';
import { asHook, type FastifyHook } from './fastify-hook.ts';
import { answerProblem, decorateRequests, markRequest } from './bff-requests.ts';
import { checkResponses, validator } from './bff-schemas.ts';
import { mountAddress, entryHooks, formErrors } from './mount.ts';
import type { WrittenEndpoint } from './bff-operations.ts';
import type { BuiltRoute } from './routes.ts';
import { sendHooks } from './send-hooks.ts';

/** @throws {TypeError} for a route that could leak: without a response schema, or with a loose one */
export async function mountBff(
  app: FastifyInstance,
  bff: Bff,
  route: BuiltRoute,
  context: ActionContext,
): Promise<MountedBff> {
  const mount = new Mount(bff, route, context);
  let mistake: { readonly thrown: unknown } | undefined;
  await app.register(
    async (scope) => {
      try {
        await mount.register(scope);
      } catch (thrown) {
        // If this were thrown here, Fastify would start nothing else, and other faults would stay hidden.
        mistake = { thrown };
      }
    },
    { prefix: mount.prefix },
  );
  if (mistake !== undefined) throw mistake.thrown;
  return mount;
}

/** What explaining needs of a BFF. */
export interface MountedBff {
  readonly endpoints: BffEndpoints;
  readonly route: BuiltRoute;
  /** Names of the upstreams that it may call. */
  readonly upstreams: readonly string[];
  /** Calls that it makes many at a time. */
  readonly batches: Bff['batches'];
  /** As they were registered, for OpenAPI documents. */
  readonly written: readonly WrittenEndpoint[];
}

/** Unserved paths below the mount run the same hooks and then answer 404. */
function addUnknownPaths(scope: FastifyInstance, prefix: string): void {
  for (const url of ['/', '/*']) {
    const address = url === '/' ? prefix : prefix + url;
    const method = SERVED_METHODS.filter((each) => !scope.hasRoute({ method: each, url: address }));
    if (method.length === 0) continue;
    scope.route({
      method,
      url,
      config: { unknownPath: true },
      handler: () => {
        throw nothingServed();
      },
    });
  }
}

/** The error for a path below a mount that its BFF does not serve. */
export const nothingServed = (): GatewayError =>
  new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');

declare module 'fastify' {
  interface FastifyInstance {
    /** Within a BFF: passes requests on; `BffApp` knows the names of the upstreams. */
    forward(pattern: string, upstream: string, options?: ForwardOptions): void;
  }
  interface FastifyContextConfig {
    /** Plugin options for this route, in addition to those of its mount. */
    portico?: Readonly<Record<string, unknown>>;
    /** May clients name the fields they want? */
    fields?: boolean;
    /** Set by the gateway on the routes that catch all other paths. */
    unknownPath?: boolean;
  }
}

type PreparedRoute = RouteOptions & { prefix: string; path: string };

/** One BFF, mounted by a YAML route. */
class Mount implements MountedBff {
  readonly prefix: string;
  readonly endpoints: BffEndpoints;
  readonly route: BuiltRoute;
  /** By the config of their routes. */
  readonly #forwards = new WeakMap<object, Forwarding>();
  #hasForwards = false;
  readonly written: WrittenEndpoint[] = [];
  readonly #bff: Bff;
  readonly #context: ActionContext;
  readonly #runner: PartRunner;
  /** Those at the prefix itself. */
  readonly #roots: { readonly method: HTTPMethods; readonly endpoint: BffEndpoint }[] = [];
  /** The latest one of each endpoint. */
  readonly #narrowings = new Map<
    string,
    { readonly options: object; readonly route: BuiltRoute }
  >();

  constructor(bff: Bff, route: BuiltRoute, context: ActionContext) {
    this.prefix = mountAddress(route.config.name);
    this.route = route;
    this.#bff = bff;
    this.#context = context;
    this.#runner = this.#runnerFor(route);
    this.endpoints = new BffEndpoints(context.urlBytes);
  }

  get upstreams(): readonly string[] {
    return this.#bff.upstreams;
  }

  get batches(): Bff['batches'] {
    return this.#bff.batches;
  }

  async register(scope: FastifyInstance): Promise<void> {
    scope.addHook('onRoute', (options) => this.prepareRoute(options));
    scope.setValidatorCompiler(({ schema }) => validator(schema as unknown as z.ZodType));
    scope.setErrorHandler(answerProblem);
    decorateRequests(scope, this.#bff);
    this.#decorateForward(scope);
    await this.#bff.register(scope);
    // Their routes come before the one for all other paths.
    if (this.#hasForwards) await scope.after();
    addUnknownPaths(scope, this.prefix);
    this.#addTrailingSlash(scope);
  }

  #decorateForward(scope: FastifyInstance): void {
    const add = (at: FastifyInstance, forwarding: Forwarding): void => {
      const config = { ...forwarding.config };
      this.#hasForwards = true;
      this.#forwards.set(config, forwarding);
      void at.register((own: FastifyInstance) => addForward(own, forwarding, config));
    };
    const { upstreams } = this.#bff;
    const { prefix } = this;
    scope.decorate('forward', function forward(pattern, upstream, options = {}) {
      const described = describeForward(pattern, upstream, options, upstreams);
      add(this, { ...described, under: this.prefix.slice(prefix.length), action: undefined });
    });
  }

  /** Fastify serves `/` with and without a slash behind the prefix, and tells no hook of the second route. */
  #addTrailingSlash(scope: FastifyInstance): void {
    const url = `${this.prefix}/`;
    for (const { method, endpoint } of this.#roots) {
      if (scope.hasRoute({ method, url }) && !this.endpoints.has(method, url)) {
        this.endpoints.add({ method, url }, endpoint);
      }
    }
  }

  /** Puts the hooks of the mount around a route of the BFF. */
  prepareRoute(options: PreparedRoute): void {
    const path = options.path.slice(this.prefix.length) || '/';
    const { portico, unknownPath } = options.config ?? {};
    const forwarding = options.config && this.#forwards.get(options.config);
    const endpoint = unknownPath === true ? '' : (forwarding?.pattern ?? path);
    const schema = { ...options.schema };
    if (unknownPath !== true) {
      const name = `${String(options.method)} ${path}`;
      if (forwarding === undefined) checkResponses(name, options);
      checkEndpoint(name, path);
      chooseFields(options);
    }
    const route = portico === undefined ? this.route : this.#narrowed(portico, path);
    if (unknownPath !== true) this.#note(options, path, { schema, plugins: route.added });
    const runner = route === this.route ? this.#runner : this.#runnerFor(route);
    const entry = [
      ...formErrors(route),
      ...entryHooks(route.config, this.#context, 'fastify'),
      markRequest(endpoint, runner),
      this.#refuseTwoEndpoints(endpoint),
    ];
    const known = {
      name: endpoint,
      entry,
      route,
      hasRequestSchema: looksAtRequests(options),
      plan: forwarding && plannedForward(forwarding),
    };
    this.endpoints.add(options, known);
    if (options.url === this.prefix) {
      for (const method of [options.method].flat()) this.#roots.push({ method, endpoint: known });
    }
    const before: onRequestHookHandler[] = [...entry, ...route.requestHooks.map(asHook)];
    options.bodyLimit ??= route.config.bodyLimitBytes;
    options.onRequest = [...before, ...[options.onRequest ?? []].flat()];
    if (forwarding === undefined) {
      options.preParsing = [
        takeBody({ ...this.#context, limitBytes: options.bodyLimit }),
        ...[options.preParsing ?? []].flat(),
      ];
    } else forwarding.action ??= forwardAction(forwarding, route, this.#context);
    options.onSend = [...[options.onSend ?? []].flat(), ...sendHooks(route)];
  }

  /** HEAD goes with each GET, and needs no mention. */
  #note(
    { method }: PreparedRoute,
    path: string,
    rest: Pick<WrittenEndpoint, 'schema' | 'plugins'>,
  ): void {
    const methods = [method].flat().filter((each) => each !== 'HEAD');
    if (methods.length > 0) this.written.push({ methods, path, ...rest });
  }

  /**
   * Refuses paths that lead to another endpoint once path parameters are cut off, because it is unclear
   * which is meant.
   */
  #refuseTwoEndpoints(endpoint: string): FastifyHook {
    const { endpoints, prefix } = this;
    return function refuseTwoEndpoints({ raw }, _reply, done) {
      const { rest } = exchangeOf(raw);
      if (!hasParameters(rest) || endpoints.agreeOn(endpoint, raw, prefix, rest)) done();
      else done(new GatewayError('GW_REQUEST_INVALID', TWO_ENDPOINTS));
    };
  }

  /** Fastify registers a HEAD for each GET, so the same endpoint may come twice. */
  #narrowed(options: Readonly<Record<string, unknown>>, endpoint: string): BuiltRoute {
    const known = this.#narrowings.get(endpoint);
    if (known?.options === options) return known.route;
    const route = this.route.narrowedBy(options, endpoint);
    this.#narrowings.set(endpoint, { options, route });
    return route;
  }

  #runnerFor(route: Route): PartRunner {
    const { upstreams, batches } = this.#bff;
    const calls = new Map(upstreams.map((name) => [name, route.callOf(name)] as const));
    const { ownNamesOf } = route;
    return new PartRunner({ calls, batches, ownNamesOf, clock: this.#context.clock });
  }
}

const REQUEST_PARTS = ['body', 'querystring', 'query', 'params', 'headers'];

const looksAtRequests = ({ schema = {} }: RouteOptions): boolean =>
  Object.keys(schema).some((part) => REQUEST_PARTS.includes(part));

const TWO_ENDPOINTS = 'with and without its parameters (;) the path leads to different endpoints';

/** @throws {TypeError} for a path that no request can have */
function checkEndpoint(name: string, path: string): void {
  const fault = semicolonFault(path);
  if (fault !== undefined) throw new TypeError(`${name} ${fault}`);
}
