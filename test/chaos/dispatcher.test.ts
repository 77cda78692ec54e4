/**
 * Every fault against every setting, met by a BFF in two ways: as a part, and with `fetch` over the upstream's
 * dispatcher. Both must come to the same, and so must what upstreams, retries and circuits see of them.
 */
import { expect, test } from 'vitest';
import { fetch } from 'undici';
import {
  type Bff,
  type BffRequest,
  defineBff,
  GatewayError,
  type UpstreamClient,
  z,
} from 'portico';
import { type Cell, runMatrix } from './matrix.ts';

type Asking = (upstream: UpstreamClient, name: string, method: string) => PromiseLike<unknown>;

const asPart: Asking = (upstream, _name, method) =>
  method === 'POST' ? upstream.post('/x', { body: { n: 1 } }) : upstream.get('/x');

const asFetch: Asking = async ({ dispatcher }, name, method) => {
  const body = method === 'POST' ? { body: '{"n":1}' } : {};
  const response = await fetch(`http://${name}/x`, { method, dispatcher, ...body });
  // What a part does with it.
  if (!response.ok) throw new GatewayError('GW_UPSTREAM_INVALID', `status ${response.status}`);
  return response.json();
};

/** One endpoint for each upstream. */
const bffWith =
  (asking: Asking) =>
  (names: readonly string[]): Bff =>
    defineBff({ upstreams: names }, (app) => {
      const schema = { response: { 200: z.object({ ok: z.boolean() }) } };
      type Request = BffRequest<string, typeof schema>;
      const serve = (name: string) => async (request: Request) =>
        (await asking(request.upstreams[name]!, name, request.method)) as { ok: boolean };
      for (const name of names) {
        app.get(`/${name}`, { schema }, serve(name));
        app.post(`/${name}`, { schema }, serve(name));
      }
    });

/** All that may be the same: headers have times and ids. */
const seen = (cell: Cell) => ({
  cell: `${cell.setting}, ${cell.fault}, ${cell.method}`,
  answers: [cell.first, cell.last].map(({ status, code, isCut }) => ({ status, code, isCut })),
  requests: cell.seen,
  retries: cell.retries,
  isCounted: cell.isCounted,
  isEjected: cell.isEjected,
});

test('fetch over a dispatcher comes to what a part comes to, whatever the upstream does', async () => {
  // A fallback is of a route that forwards.
  const settings = ['timeouts only', 'retry', 'breaker', 'outlier'] as const;
  const [parts, fetched] = await Promise.all(
    [asPart, asFetch].map((asking) => runMatrix({ settings, bff: bffWith(asking) })),
  );
  expect(fetched!.map(seen)).toEqual(parts!.map(seen));
  const statuses = new Set(parts!.map(({ first }) => first.status));
  expect(statuses).toEqual(new Set([200, 502, 504]));
});
