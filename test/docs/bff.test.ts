/** docs/bff.md: its files are those of docs/examples/bff, and its answers are those of the demo shop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../demo/services/catalog.ts';
import { inventory } from '../../demo/services/inventory.ts';
import { issuer } from '../../demo/services/issuer.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { recommendations } from '../../demo/services/recommendations.ts';
import { users } from '../../demo/services/users.ts';
import stream from '../../docs/examples/bff/bff/stream.ts';
import { testGateway } from '../../src/testing.ts';
import { post, serve } from '../demo/shop.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { served } from './served.ts';

const FOLDER = 'docs/examples/bff';
const PAGE = new Page('docs/bff.md');
const config = readFileSync(`${FOLDER}/gateway.config.yaml`, 'utf8');

/** The gateway of the page, over the services of the shop. */
async function shop() {
  const at = `http://127.0.0.1:${await quietPort()}`;
  const tokens = issuer({ issuer: at });
  onTestFinished(() => tokens.close());
  await tokens.listen({ host: '127.0.0.1', port: Number(new URL(at).port) });
  const services = { users, catalog, orders, payments, inventory, recommendations };
  const environment: Record<string, string> = { ISSUER: at };
  for (const [name, service] of Object.entries(services)) {
    environment[`${name.toUpperCase()}_URL`] = await serve(service());
  }
  const gateway = await served(config, {
    replace: { './bff/': `${resolve(FOLDER)}/bff/` },
    environment,
  });
  const { access_token: token } = (await (await fetch(`${at}/token`)).json()) as {
    readonly access_token: string;
  };
  return { ...gateway, environment, token };
}

/** An answer as the page shows it: its status line and some of its fields, then the body. */
function shown(answer: string) {
  const [head, body] = answer.split('\n\n');
  const [status, ...fields] = head!.split('\n');
  return { status: Number(/ (\d+) /.exec(status!)![1]), fields, body: body!.trim() };
}

async function expectShown(response: Response, answer: string): Promise<void> {
  const { status, fields, body } = shown(answer);
  expect([response.status, await response.text()]).toEqual([status, body]);
  for (const field of fields) {
    const [name, value] = field.split(': ');
    expect(response.headers.get(name!)).toBe(value);
  }
}

describe('docs/bff.md', () => {
  test('shows the files of its folder as they are', () => {
    const files = [...PAGE.files()];
    expect(files).toHaveLength(12);
    for (const [name, shows] of files) {
      expect(shows).toBe(readFileSync(`${FOLDER}/${name}`, 'utf8'));
    }
  });

  test('mounts every example, and each names its upstreams', () => {
    const { routes } = parse(config) as { readonly routes: Readonly<Record<string, object>> };
    expect(Object.keys(routes).map((name) => `bff/${name}.ts`)).toEqual(
      [...PAGE.files().keys()].filter((name) => name.startsWith('bff/')),
    );
  });

  test('shows what each GET answers', async () => {
    const { fetch } = await shop();
    const asked = [
      ...PAGE.text.matchAll(/^curl localhost:8081(\S+)\n```\n\n```json\n(.*?)\n```$/gms),
    ];
    expect(asked).toHaveLength(5);
    for (const [, path, body] of asked) expect(await (await fetch(path!)).text()).toBe(body);
  });

  test('shows a page without its suggestions', async () => {
    const { fetch, environment } = await shop();
    await post(`${environment['RECOMMENDATIONS_URL']}/_fault`, { status: 503 });
    await expectShown(await fetch('/optional/products/p1'), PAGE.blocks('http')[0]!);
  });
});

describe('bff/post.ts', () => {
  const asking = (token: string | undefined, productId: string): RequestInit => ({
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ lines: [{ productId, quantity: 2 }] }),
  });

  test('places an order as the page shows, for the bearer of the token', async () => {
    const { fetch, token, environment } = await shop();
    await expectShown(await fetch('/post/orders', asking(token, 'p1')), PAGE.blocks('http')[1]!);
    const placed = (await (
      await globalThis.fetch(`${environment['ORDERS_URL']}/orders/1000`)
    ).json()) as { readonly customerId: string };
    expect(placed.customerId).toBe('u1');
  });

  test('refuses a client without a token, and a body that does not match', async () => {
    const { fetch, token } = await shop();
    const anonymous = await fetch('/post/orders', asking(undefined, 'p1'));
    expect([anonymous.status, await codeOf(anonymous)]).toEqual([401, 'GW_TOKEN_MISSING']);
    const empty = { ...asking(token, 'p1'), body: '{"lines":[]}' };
    expect((await fetch('/post/orders', empty)).status).toBe(400);
  });

  test('makes 409 of what the orders refuse', async () => {
    const { fetch, token } = await shop();
    const response = await fetch('/post/orders', asking(token, 'p999'));
    expect([response.status, await response.json()]).toEqual([
      409,
      { reason: 'something in the cart is no longer sold' },
    ]);
  });
});

test('test/optional.test.ts passes as it is run there, by node --test', async () => {
  const child = spawn(
    process.execPath,
    ['--conditions=portico-source', '--test', `${FOLDER}/test/optional.test.ts`],
    // Vitest's own variables would make node:test report to a parent.
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect([child.exitCode, output]).toEqual([0, expect.stringMatching(/^. pass 1$/m)]);
});

describe('bff/files.ts', () => {
  test('greets as the page shows', async () => {
    const { fetch } = await shop();
    const headers = { 'accept-language': 'de-CH, en;q=0.5' };
    await expectShown(await fetch('/files/greeting', { headers }), PAGE.blocks('http')[2]!);
    const again = await fetch('/files/greeting', { headers: { cookie: 'visits=1' } });
    expect(await again.json()).toEqual({ text: 'Welcome', visits: 2 });
  });

  test('downloads an invoice', async () => {
    const { fetch } = await shop();
    const response = await fetch('/files/orders/42/invoice');
    expect(response.headers.get('content-disposition')).toContain('invoice-42.txt');
    expect(await response.text()).toContain('Total');
  });

  test('uploads a picture, or says what is no picture', async () => {
    const { fetch, environment } = await shop();
    const put = (type: string) =>
      fetch('/files/users/u1/avatar', {
        method: 'PUT',
        headers: { 'content-type': type },
        body: 'picture',
      });
    expect((await put('image/png')).status).toBe(204);
    const kept = await globalThis.fetch(`${environment['USERS_URL']}/users/u1/avatar`);
    expect([kept.headers.get('content-type'), await kept.text()]).toEqual(['image/png', 'picture']);
    const refused = await put('image/gif');
    expect([refused.status, await refused.json()]).toMatchObject([
      415,
      { type: 'https://shop.example/problems/picture', detail: 'use PNG, JPEG or WebP' },
    ]);
  });
});

describe('bff/stream.ts', () => {
  test('sends all orders as CSV', async () => {
    const { fetch } = await shop();
    const response = await fetch('/stream/orders.csv');
    const [head, ...rows] = (await response.text()).trim().split('\n');
    expect([response.status, response.headers.get('content-type'), head]).toEqual([
      200,
      'text/csv; charset=utf-8',
      'order,customer,total',
    ]);
    expect(rows).toHaveLength(12);
    expect(rows.find((row) => row.startsWith('42,'))).toMatch(/^42,[A-Z][\w ]+,\d+$/);
  });

  test('cuts the connection if a call fails halfway', async () => {
    const { fetch, environment } = await shop();
    await post(`${environment['USERS_URL']}/_fault`, { status: 500 });
    const response = await fetch('/stream/orders.csv');
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('makes no more calls once its client has left', async () => {
    const items = Array.from({ length: 10_000 }, (_, i) => ({
      id: `${i}`,
      customerId: 'u1',
      total: 1,
    }));
    let calls = 0;
    const gateway = await testGateway({
      bff: stream,
      upstreams: {
        orders: () => ({ body: { items } }),
        users: () => ((calls += 1), { body: { name: 'Ada' } }),
      },
    });
    onTestFinished(() => gateway.close());
    const controller = new AbortController();
    const { body } = await gateway.fetch('/orders.csv', { signal: controller.signal });
    await body!.getReader().read();
    controller.abort();
    await expect.poll(() => gateway.gateway.status().inflight).toBe(0);
    expect(calls).toBeLessThan(items.length);
    const before = calls;
    await gateway.fetch('/');
    expect(calls).toBe(before);
  });
});
