/**
 * Mounts a BFF: a Fastify plugin in a context of its own, whose routes inherit the hooks of the YAML
 * route and whose schemas are zod's.
 */
import type { FastifyInstance, onRequestHookHandler, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Bff } from '../authoring/bff.ts';
import { PartRunner, upstreamClient } from '../authoring/parts.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { GatewayError } from '../errors.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import { SERVED_METHODS } from './fastify-app.ts';
import { asHook } from './fastify-hook.ts';
import { addressOf, entryHooks, sendHooks } from './mount.ts';
import type { RegisteredPlugins } from './registered-plugins.ts';

/** @throws {TypeError} for a route that could leak: without a response schema, or with a loose one */
export async function mountBff(
  app: FastifyInstance,
  bff: Bff,
  route: Route,
  plugins: RegisteredPlugins,
  context: ActionContext,
): Promise<void> {
  const prefix = addressOf(route.config.name);
  await app.register(
    async (scope) => {
      scope.addHook('onRoute', (options) => prepareRoute(options, route, plugins, prefix));
      scope.setValidatorCompiler(({ schema }) => validator(schema as unknown as z.ZodType));
      decorateParts(scope, bff, route, context);
      await bff.register(scope);
      addUnknownPath(scope);
    },
    { prefix },
  );
}

function decorateParts(
  scope: FastifyInstance,
  { upstreams }: Bff,
  route: Route,
  { clock }: ActionContext,
): void {
  const calls = new Map(upstreams.map((name) => [name, route.callOf(name)] as const));
  const clients = Object.fromEntries(upstreams.map((name) => [name, upstreamClient(name)]));
  const runner = new PartRunner(calls, clock);
  scope.decorateRequest('upstreams', { getter: () => clients });
  scope.decorateRequest('run', function run(part) {
    return runner.run(this, part);
  });
  scope.decorateRequest('gather', function gather(parts) {
    return runner.gather(this, exchangeOf(this.raw).reply!, parts);
  });
}

/** Paths below the mount that nobody serves pass the same hooks, then 404. */
function addUnknownPath(scope: FastifyInstance): void {
  scope.route({
    method: SERVED_METHODS.filter((method) => !scope.hasRoute({ method: method, url: '/*' })),
    url: '/*',
    config: { unknownPath: true },
    handler: () => {
      throw new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');
    },
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Plugin options that hold for this route besides those of its mount. */
    portico?: Readonly<Record<string, unknown>>;
    /** Set by the gateway on what stands for all other paths. */
    unknownPath?: boolean;
  }
}

function prepareRoute(
  options: RouteOptions & { prefix: string; path: string },
  route: Route,
  plugins: RegisteredPlugins,
  prefix: string,
): void {
  const name = `${String(options.method)} ${options.path.slice(prefix.length)}`;
  const { portico, unknownPath } = options.config ?? {};
  if (unknownPath !== true) checkResponses(name, options);
  const own = plugins.hooksFor(plugins.parseOptions(portico ?? {}));
  const endpoint = unknownPath === true ? '' : options.path.slice(prefix.length) || '/';
  const before: onRequestHookHandler[] = [
    ...entryHooks(route),
    function mark(request, _reply, done) {
      exchangeOf(request.raw).endpoint = endpoint;
      done();
    },
    ...[...route.requestHooks, ...own.request].map(asHook),
    // The body is read next (RFC 9110 §10.1.1).
    function continueBody(request, reply, done) {
      if (request.raw.headers.expect !== undefined) reply.raw.writeContinue();
      done();
    },
  ];
  options.onRequest = [...before, ...[options.onRequest ?? []].flat()];
  const send = sendHooks([...route.responseHooks, ...own.response]);
  if (send.length > 0) options.onSend = [...[options.onSend ?? []].flat(), ...send];
  options.bodyLimit ??= route.config.bodyLimitBytes;
}

/** zod schemas become the draft-07 ones of Fastify's serialiser, which trims what they do not name. */
function checkResponses(name: string, options: RouteOptions): void {
  const { schema } = options;
  const responses = schema?.response;
  if (typeof responses !== 'object' || responses === null || isZod(responses)) {
    throw new TypeError(`${name}: give schema.response a schema for each status, as { 200: … }`);
  }
  const compiled = Object.entries(responses).map(([status, response]: [string, unknown]) => {
    if (!isZod(response))
      throw new TypeError(`${name}: the response ${status} is not a zod schema`);
    const json = z.toJSONSchema(response, { target: 'draft-7', io: 'output' });
    if (isLoose(json)) {
      throw new TypeError(
        `${name}: the response ${status} has a loose object, which trims nothing`,
      );
    }
    return [status, json] as const;
  });
  options.schema = { ...schema, response: Object.fromEntries(compiled) };
}

const isZod = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;

/** Does any object in it name properties and yet let others through? */
function isLoose(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { properties, additionalProperties } = schema as Record<string, unknown>;
  const open = additionalProperties === undefined || isAnything(additionalProperties);
  if (properties !== undefined && open) return true;
  return Object.values(schema).some(isLoose);
}

const isAnything = (value: unknown): boolean =>
  value === true ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** Fastify's validator for a zod schema; every fault with its JSON pointer. */
function validator(schema: z.ZodType) {
  return (value: unknown): { value: unknown } | { error: Error } => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    const errors = parsed.error.issues.map(({ path, message }) => ({
      pointer: path.map((part) => `/${String(part)}`).join(''),
      detail: message,
    }));
    const detail = errors.map((each) => `${each.pointer || '/'}: ${each.detail}`).join('; ');
    return { error: new GatewayError('GW_REQUEST_INVALID', detail, { extensions: { errors } }) };
  };
}
