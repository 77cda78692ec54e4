/** Calls that plugins make themselves, under the upstream's policies and over its state. */
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
      upstreamRequest(
        context,
        { upstream, method, path, query, headers: { ...headers }, body: undefined },
        // A child, because the deadline must end this call and not the client's request.
        context.signal.child(),
        record,
      ),
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
