/** Calls that plugins make on their own, with the policies of the upstream and over its state. */
import type { PluginCall } from '../authoring/plugin-host.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { UpstreamLease } from '../upstream/lease.ts';
import { upstreamCall } from './upstream-call.ts';
import type { World } from './world.ts';

export function pluginCall(lease: UpstreamLease, plugin: string, world: World): PluginCall {
  const caller = { route: `plugin ${plugin}`, overrides: {}, outer: [], inner: [] };
  const { call } = upstreamCall(lease, caller, world);
  const upstream = lease.config.name;
  return (request, { method = 'GET', path, query = '', headers }) => {
    const context = exchangeOf(request.raw);
    const record = context.record.call('plugin', plugin, upstream, world.clock.now());
    return call(
      upstreamRequest(context, {
        upstream,
        method,
        path,
        query,
        headers,
        body: undefined,
        // A deadline ends this call, and not what the client waits for.
        signal: context.signal.child(),
        record,
      }),
    ).then(
      (response) => {
        record.end(response.status, world.clock.now());
        return response;
      },
      (error) => {
        record.fail(error, world.clock.now());
        throw error;
      },
    );
  };
}
