/** A gateway whose routes check requests by a document of the upstream `up`. */
import type { TestGatewayOptions } from '../../../src/testing.ts';
import { folderOf } from '../../config/config-files.ts';
import { type Problem, startGateway } from '../../gateway/support/gateway.ts';

export interface Answer {
  readonly status: number;
  readonly code: string;
  /** `in pointer: detail` of each fault. */
  readonly faults: readonly string[];
  readonly headers: Headers;
}

export interface Checking {
  /** What a request is answered with; `calls` are those that came through. */
  readonly ask: (target: string, init?: RequestInit) => Promise<Answer>;
  readonly send: (target: string, body: unknown, type?: string) => Promise<Answer>;
  readonly calls: string[];
  readonly gateway: Awaited<ReturnType<typeof startGateway>>['gateway'];
  readonly url: string;
}

/** What the test says of one operation, by `METHOD /path`. */
export type Operations = Readonly<Record<string, object>>;

export function documentOf(
  operations: Operations,
  schemas: object = {},
  version = '3.1.0',
): string {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const [method, path] = name.split(' ') as [string, string];
    const item = (paths[path] ??= {});
    item[method.toLowerCase()] = { responses: { 200: { description: 'ok' } }, ...operation };
  }
  return JSON.stringify({
    openapi: version,
    info: { title: 't', version: '1' },
    paths,
    components: { schemas },
  });
}

/** A route for everything below `/api`, which is `/` of the upstream. */
export async function checking(
  document: string,
  route: object = {},
  validate: object = {},
  more: TestGatewayOptions = {},
  server: object = {},
): Promise<Checking> {
  const folder = folderOf({ 'api.json': document });
  const calls: string[] = [];
  const { fetch, gateway, url } = await startGateway({
    config: {
      server,
      upstreams: { up: { openapi: `${folder}/api.json` } },
      routes: {
        api: {
          match: { path: '/api/*' },
          upstream: 'up',
          rewrite: '/*',
          validate: { openapi: true, ...validate },
          ...route,
        },
      },
    },
    upstreams: {
      up: ({ method, path, query }) => {
        calls.push(`${method} ${path}${query}`);
        return { body: {} };
      },
    },
    ...more,
  });
  const ask = async (target: string, init?: RequestInit): Promise<Answer> => {
    const [, method = 'GET', path = ''] = /^(?:([A-Z]+) )?(.*)$/.exec(target) ?? [];
    const response = await fetch(path, { method, ...init });
    const text = await response.text();
    const { type = '', errors = [] } = (text === '' ? {} : JSON.parse(text)) as Partial<Problem>;
    const faults = errors.map(
      (each) => `${(each as { in?: string }).in} ${each.pointer}: ${each.detail}`,
    );
    const code = type.replace('urn:portico:error:', '');
    return { status: response.status, code, faults, headers: response.headers };
  };
  const send = (target: string, body: unknown, type = 'application/json'): Promise<Answer> =>
    ask(target, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': type },
    });
  return { ask, send, calls, gateway, url };
}

export const query = (name: string, schema: object, more: object = {}): object => ({
  name,
  in: 'query',
  schema,
  ...more,
});

export const taking = (schema: object, type = 'application/json', required = true): object => ({
  requestBody: { required, content: { [type]: { schema } } },
});
