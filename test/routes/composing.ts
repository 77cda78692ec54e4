/** Aggregates over fakes. */
import type { FakeUpstream, TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

type Fakes = Readonly<Record<string, FakeUpstream>>;

/** An aggregate whose parts have the names of their upstreams, unless they say otherwise. */
export async function composing(
  parts: Readonly<Record<string, object>>,
  upstreams: Fakes,
  more: object = {},
  options: Pick<TestGatewayOptions, 'log'> = {},
) {
  const named = Object.entries(parts).map(([name, part]) => [
    name,
    { upstream: name in upstreams ? name : Object.keys(upstreams)[0], path: `/${name}`, ...part },
  ]);
  return startGateway({
    config: {
      routes: { all: { match: { path: '/{id}' }, aggregate: Object.fromEntries(named), ...more } },
    },
    upstreams,
    ...options,
  });
}
