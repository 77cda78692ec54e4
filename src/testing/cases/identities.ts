/**
 * Clients without a token, a key or a certificate: a request of a test case says who it comes from, and plugins that
 * identify clients take its word. Everything after that, such as scopes and roles, is decided as always.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayModules } from '../../assembly/modules.ts';
import type { Plugin } from '../../authoring/plugin.ts';
import type { PluginHooks, RegisteredPlugin } from '../../authoring/plugin-hooks.ts';
import type { Identity } from '../../config/cases/test-case.ts';
import type { ModuleLoader } from '../../config/modules.ts';
import type { Consumer } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';

/** Whoever is at the other end of a connection, if the case says who it is. */
export type Identities = WeakMap<object, Identity>;

/** Loads as `load` does; plugins that identify clients believe `identities`. */
export const believing =
  (load: ModuleLoader<GatewayModules>, identities: Identities): ModuleLoader<GatewayModules> =>
  async (source) => {
    const modules = await load(source);
    const plugins = [...modules.plugins].map(
      ([name, plugin]) =>
        [name, plugin.identifies === true ? believer(plugin, identities) : plugin] as const,
    );
    return { ...modules, plugins: new Map(plugins) };
  };

function believer(plugin: Plugin, identities: Identities): Plugin {
  return {
    ...plugin,
    register: async (settings, host) => {
      const registered = await plugin.register(settings, host);
      const route: RegisteredPlugin<unknown>['route'] = (options, where) =>
        [registered.route(options, where) ?? []]
          .flat()
          .map((hooks: PluginHooks) => believingHooks(plugin.name, hooks, options, identities));
      return { ...registered, route };
    },
  };
}

function believingHooks(
  plugin: string,
  hooks: PluginHooks,
  options: unknown,
  identities: Identities,
): PluginHooks {
  if (hooks.phase !== 'authenticate') return hooks;
  const onRequest = (request: FastifyRequest, reply: FastifyReply): void | Promise<void> => {
    const identity = identities.get(request.raw.socket);
    const isMeant = identity !== undefined && (identity.via ?? plugin) === plugin;
    if (!isMeant) return hooks.onRequest(request, reply);
    // Another plugin, of several on the route, has taken it.
    if (request.consumer === undefined) identify(request, plugin, identity, options);
    return undefined;
  };
  return { ...hooks, onRequest };
}

/** @throws GW_TOKEN_INVALID where the route admits no such issuer */
function identify(
  request: FastifyRequest,
  via: string,
  identity: Identity,
  options: unknown,
): void {
  const admitted = issuersOf(options);
  const issuer = identity.issuer ?? admitted[0];
  if (issuer !== undefined && admitted.length > 0 && !admitted.includes(issuer)) {
    throw new GatewayError('GW_TOKEN_INVALID', 'the token is not from a trusted issuer');
  }
  request.consumer = consumerOf(identity, via, issuer);
}

function consumerOf(identity: Identity, via: string, issuer: string | undefined): Consumer {
  const { claims: given, scopes } = identity;
  const subject = typeof given['sub'] === 'string' ? given['sub'] : undefined;
  const id = identity.consumer ?? subject ?? 'test';
  const claims = { sub: id, ...given };
  return {
    id,
    via,
    ...(issuer !== undefined && { issuer }),
    scopes: new Set(scopes ?? scopesIn(given)),
    claims,
  };
}

function scopesIn({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] {
  const listed = scope ?? scp;
  if (typeof listed === 'string') return listed.split(' ').filter((each) => each !== '');
  return Array.isArray(listed) ? listed.filter((each) => typeof each === 'string') : [];
}

/** Names of the issuers that the options of a route admit, if they name any. */
function issuersOf(options: unknown): readonly string[] {
  const issuer = (options as { readonly issuer?: unknown } | undefined)?.issuer;
  return [issuer].flat().filter((each) => typeof each === 'string');
}
