/** Gateways with a mirror, and what their admin port says of it. */
import type { MirrorDifferences, MirrorStatus } from '../../../src/admin/page-data.ts';
import type { TestGateway, TestGatewayOptions } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';

export interface MirroredOptions extends Omit<TestGatewayOptions, 'config' | 'route'> {
  /** Keys of the mirror of `old`, apart from its upstream `next`. */
  readonly mirror?: object;
  /** Further keys of the route. */
  readonly route?: object;
  /** Further keys of the config. */
  readonly config?: object;
}

/** The route `shop` forwards to `old`, and `next` gets copies. */
export function startMirrored({
  mirror = {},
  route = {},
  config = {},
  ...options
}: MirroredOptions): Promise<TestGateway> {
  return startGateway({
    ...options,
    config: {
      admin: { port: 0 },
      routes: {
        shop: {
          match: { path: '/*' },
          upstream: 'old',
          mirror: { upstream: 'next', ...mirror },
          ...route,
        },
      },
      ...config,
    },
  });
}

/** What `GET /mirrors` says of the only mirror. */
export async function statusOf({ gateway }: TestGateway): Promise<MirrorStatus> {
  const response = await fetch(`${gateway.adminUrl}/mirrors`);
  const { mirrors } = (await response.json()) as { readonly mirrors: readonly MirrorStatus[] };
  return mirrors[0]!;
}

/** Waits until the mirror is as `claim` wants it. */
export async function untilMirror(
  gateway: TestGateway,
  claim: (status: MirrorStatus) => boolean,
): Promise<MirrorStatus> {
  const until = performance.now() + 10_000;
  for (;;) {
    const status = await statusOf(gateway);
    if (claim(status)) return status;
    if (performance.now() > until) throw new Error(`not within 10 s: ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The last answers of the only mirror that differed. */
export async function differencesOf({
  gateway,
}: TestGateway): Promise<MirrorDifferences['mirrors'][number]['differences']> {
  const response = await fetch(`${gateway.adminUrl}/mirrors/shop`);
  const { mirrors } = (await response.json()) as MirrorDifferences;
  return mirrors[0]!.differences;
}

/** Resolves when it is told to. */
export const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
