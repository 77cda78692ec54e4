/** Serves the config of an example as its page has it, with functions in place of its upstreams. */
import { parse } from 'yaml';
import type { TestGateway, TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export interface ServedOptions extends Omit<TestGatewayOptions, 'config'> {
  /** Replaced in the text before it is parsed: addresses that exist only on the page. */
  readonly replace?: Readonly<Record<string, string>>;
}

/** On free ports, whatever the example says of ports. */
export function served(
  example: string,
  { replace = {}, ...options }: ServedOptions = {},
): Promise<TestGateway> {
  const text = Object.entries(replace).reduce(
    (now, [from, to]) => now.replaceAll(from, to),
    example,
  );
  const config = parse(text) as { readonly server?: object };
  return startGateway({
    ...options,
    config: {
      ...config,
      server: { ...config.server, host: '127.0.0.1', port: 0 },
      admin: { port: 0 },
    },
  });
}
