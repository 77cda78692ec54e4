/** A gateway with an admin port for one test. */
import { onTestFinished } from 'vitest';
import type { Snapshot } from '../../src/admin/page-data.ts';
import type { TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export const TOKEN = 'a-token-of-the-operator';

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export async function administered({ config, ...options }: TestGatewayOptions) {
  const started = await startGateway({
    config: { ...config, admin: { port: 0, ...(config?.['admin'] as object) } },
    ...options,
  });
  const { adminUrl = '' } = started.gateway;
  const ask = (path: string, { method, headers = {}, body }: Ask = {}): Promise<Response> =>
    fetch(`${adminUrl}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  /** What GET `path` answers; `T` is what the test expects of it. */
  const read = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
  return { ...started, adminUrl, ask, read };
}

/** The snapshots of `GET /events`, one for each call; the connection ends with the test. */
export async function snapshots(adminUrl: string) {
  const aborting = new AbortController();
  onTestFinished(() => aborting.abort());
  const response = await fetch(`${adminUrl}/events`, { signal: aborting.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Snapshot> => {
    for (;;) {
      const found = /event: snapshot\ndata: (.*)\n\n/.exec(text);
      if (found !== null) {
        text = text.slice(found.index + found[0].length);
        return JSON.parse(found[1]!) as Snapshot;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error('the events have ended');
      text += value;
    }
  };
  return { response, next, leave: () => aborting.abort() };
}
