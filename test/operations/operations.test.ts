import { describe, expect, test } from 'vitest';
import { describePostgres } from '../helpers/postgres.ts';
import type { Resource } from './gateways.ts';
import { sharedShop } from './shared-shop.ts';
import { ORDER } from './shop.ts';

describePostgres('operations', () => {
  const shared = sharedShop();
  const { ledger } = shared;

  const completed = async (name = 'ada'): Promise<string> => {
    const response = await shared.shop.start(ORDER, { prefer: 'wait=10' }, name);
    expect(response.status).toBe(200);
    return ((await response.json()) as Resource).id;
  };

  describe('one of them', () => {
    test('is read by whoever started it, with a tag', async () => {
      const id = await completed();
      const first = await shared.shop.fetch(`/operations/${id}`);
      expect(first.headers.get('cache-control')).toBe('no-store');
      const body = (await first.json()) as Resource;
      expect(body).toMatchObject({ id, kind: 'saga', name: 'fulfilment', status: 'completed' });
      expect(body.steps[0]).toMatchObject({ name: 'reserve', outcome: 'done', attempts: 1 });
      expect(body.context).toBeUndefined();
      const etag = first.headers.get('etag')!;
      const again = await shared.shop.fetch(`/operations/${id}`, {
        headers: { 'if-none-match': etag },
      });
      expect(again.status).toBe(304);
    });

    test('is not there for anybody else, but for those who see all, with its answers', async () => {
      const id = await completed();
      const [others, none] = await Promise.all([
        shared.shop.fetch(`/operations/${id}`, { who: 'bob' }),
        shared.shop.fetch('/operations/00000000-0000-8000-8000-000000000000', { who: 'bob' }),
      ]);
      const bodies = await Promise.all([others.json(), none.json()]);
      expect(bodies.map((each) => ({ ...(each as object), instance: '' }))).toEqual([
        { ...(bodies[1] as object), instance: '' },
        { ...(bodies[1] as object), instance: '' },
      ]);
      const cancel = await shared.shop.fetch(`/operations/${id}`, { who: 'bob', method: 'DELETE' });
      expect([others.status, none.status, cancel.status]).toEqual([404, 404, 404]);
      const seen = await shared.shop.read(id, 'ops operations:all');
      expect(seen.context?.['reserve']).toEqual({ id: 1, warehouse: 'north' });
    });

    test.each(['x', '0'.repeat(36), 'a/b/c'])('is not %s', async (id) => {
      expect((await shared.shop.fetch(`/operations/${id}`)).status).toBe(404);
    });

    test('is neither changed nor made here', async () => {
      const response = await shared.shop.fetch(`/operations/${await completed()}`, {
        method: 'PUT',
      });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD, DELETE');
    });

    test('needs somebody who asks', async () => {
      expect((await shared.shop.fetch('/operations', { who: '' })).status).toBe(401);
    });
  });

  describe('a list', () => {
    interface Page {
      readonly items: readonly Resource[];
      readonly next?: string;
    }
    const list = async (query: string, name: string): Promise<Page> =>
      (await (await shared.shop.fetch(`/operations${query}`, { who: name })).json()) as Page;

    test('has one’s own, newest first, in pages', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.unshift(await completed('lena'));
      const first = await list('?limit=2', 'lena');
      const second = await list(`?limit=2&after=${first.next}`, 'lena');
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
      expect(second.next).toBeUndefined();
      expect(first.items[0]?.steps).toBeUndefined();
      expect((await list('', 'nobody-else')).items).toEqual([]);
      const all = await list('?limit=100', 'ops operations:all');
      expect(all.items.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    });

    test('is narrowed by status and name', async () => {
      await completed('max');
      expect((await list('?status=completed&name=fulfilment', 'max')).items).toHaveLength(1);
      expect((await list('?status=failed', 'max')).items).toEqual([]);
      expect((await list("?name=x'%20OR%20true", 'max')).items).toEqual([]);
    });

    test.each(['?limit=0', '?limit=101', '?status=odd', '?after=x', '?page=2', '?limit=1&limit=2'])(
      '%s is refused',
      async (query) => {
        expect((await shared.shop.fetch(`/operations${query}`)).status).toBe(400);
      },
    );
  });

  test('are watched: every change until the end', async () => {
    const late = Promise.withResolvers<undefined>();
    ledger.fault = ({ path }) => (path === '/payments' ? late.promise : undefined);
    const { id } = (await (await shared.shop.start(ORDER)).json()) as Resource;
    const response = await shared.shop.fetch(`/operations/${id}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    late.resolve(undefined);
    const events = (await response.text()).split('\n\n').filter((each) => each !== '');
    expect(events.length).toBeGreaterThan(1);
    expect(events[0]).toMatch(/^event: change\nid: running\ndata: \{"id"/);
    expect(events.at(-1)).toMatch(/^event: end\nid: completed\ndata: \{"id"/);
    const others = await shared.shop.fetch(`/operations/${id}/events`, { who: 'bob' });
    expect(others.status).toBe(404);
  });

  describe('a command', () => {
    const send = (headers: Record<string, string> = {}): Promise<Response> =>
      shared.shop.fetch('/orders/7%20a/cancel?why=x', {
        method: 'POST',
        body: 'not <JSON>',
        headers: { 'content-type': 'text/plain', 'x-other': 'y', authorization: 'Z', ...headers },
      });

    test('is sent as the client sent it, but for what is not to be stored', async () => {
      const response = await send({ prefer: 'wait=10' });
      expect(response.status).toBe(200);
      const { id, result } = (await response.json()) as Resource;
      expect(result).toEqual({ status: 201, body: { id: 1, warehouse: 'north', n: 12_345 } });
      const [call] = ledger.calls;
      expect(call).toMatchObject({
        method: 'POST',
        path: '/orders/7%20a/cancel?why=x',
        body: 'not <JSON>',
        key: `${id}:send`,
      });
      expect(call?.headers['content-type']).toBe('text/plain');
      expect(call?.headers).not.toHaveProperty('x-other');
      expect(call?.headers).not.toHaveProperty('authorization');
    });

    test('is repeated until it succeeds', async () => {
      let calls = 0;
      ledger.fault = () => (++calls < 4 ? 503 : undefined);
      const { id } = (await (await send()).json()) as Resource;
      expect(await shared.shop.ended(id)).toMatchObject({ status: 'completed' });
      expect(ledger.effects).toHaveLength(1);
      expect(ledger.calls).toHaveLength(4);
    });

    test('that is refused tells how', async () => {
      ledger.fault = (_entry, response) => {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no order"}');
        return 'handled';
      };
      const { id } = (await (await send()).json()) as Resource;
      expect(await shared.shop.ended(id)).toMatchObject({
        status: 'failed',
        failureReason: 'STATUS_404',
        result: { status: 404, body: { error: 'no order' } },
      });
    });
  });
});
