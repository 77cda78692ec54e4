/** A gateway that is asked to explain, and what its upstreams were called for. */
import type { RequestExplanation } from '../../src/explain/explanation.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}

export async function asking(config: Readonly<Record<string, unknown>>) {
  const calls: string[] = [];
  const up: FakeUpstream = ({ path }) => {
    calls.push(path);
    return { body: {} };
  };
  const { gateway, url, fetch } = await startGateway({ config, upstreams: { up, other: up } });
  const explain = (
    path: string,
    { method = 'GET', headers = {}, address = '127.0.0.1' }: Asked = {},
  ): Promise<RequestExplanation> =>
    gateway.explain({ method, url: path, headers: Object.entries(headers), address });
  return { gateway, url, fetch, explain, calls };
}

/** `route: outcome why`, best first. */
export const candidatesOf = ({ matching }: RequestExplanation): readonly string[] =>
  matching.candidates.map(({ route, outcome, why }) => `${route}: ${outcome} ${why}`.trim());

/** `plugin: outcome CODE`, in order. */
export const pluginsOf = ({ plugins }: RequestExplanation): readonly string[] =>
  plugins.flatMap(({ plugin, outcome, code }) =>
    outcome === undefined ? [] : [`${plugin}: ${outcome}${code === undefined ? '' : ` ${code}`}`],
  );
