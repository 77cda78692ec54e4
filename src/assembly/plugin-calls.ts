/** Calls that plugins make on their own, with the policies of the upstream and over its state. */
import type { PluginCall } from '../authoring/plugin-host.ts';
import { emptyNotes } from '../core/call.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { gatewayHeaders, upstreamHost } from '../edge/forwarded.ts';
import { requestSource } from '../edge/source.ts';
import { observeAttempts } from '../observe/attempts.ts';
import { upstreamRequest } from '../routes/upstream-request.ts';
import { chain } from '../upstream/chain.ts';
import type { UpstreamLease } from '../upstream/lease.ts';
import type { World } from './world.ts';

export function pluginCall(lease: UpstreamLease, plugin: string, world: World): PluginCall {
  const { clock, random, metrics } = world;
  const { config, state } = lease;
  const { name, balance } = config;
  const keyOf = typeof balance === 'string' ? undefined : requestSource(balance.hash);
  const observed = { name, labelOf: (origin: string) => state.targets.labelOf(origin) };
  const call = chain(lease, {
    clock,
    random,
    route: `plugin ${plugin}`,
    overrides: {},
    collected: world.collected,
    outer: [],
    inner: [],
    observe: observeAttempts(observed, metrics, clock),
    onRetry: (upstream, reason) => metrics.countRetry(upstream, reason),
    send: world.send?.(name),
  });
  return (request, { method = 'GET', path, query = '', headers }) => {
    const exchange = exchangeOf(request.raw);
    const host = upstreamHost(config.host, exchange);
    return call(
      upstreamRequest(exchange, {
        upstream: name,
        method,
        path,
        query,
        headers: {
          ...gatewayHeaders(exchange),
          ...headers,
          ...(host === undefined ? {} : { host }),
        },
        body: undefined,
        // A deadline ends this call, and not what the client waits for.
        signal: exchange.signal.child(),
        key: keyOf?.(request),
        deadlineAt: Number.POSITIVE_INFINITY,
        // What the access log says is of the call that answers the client.
        notes: emptyNotes(),
      }),
    );
  };
}
