/** docs/versions.md: the examples serve as the page says. */
import { describe, expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/versions.md');
const [byRoute = '', byMedia = '', byHeader = ''] = PAGE.blocks('yaml');
const SUNSET = Date.UTC(2027, 5, 1);

describe('docs/versions.md', () => {
  test('a version that ends has the fields on the page', async () => {
    const { fetch } = await served(byRoute, {
      upstreams: { 'orders-v1': () => ({}), 'orders-v2': () => ({}) },
      wallClock: () => SUNSET - 1,
    });
    const { headers } = await fetch('/v1/orders/7');
    for (const line of PAGE.blocks('http')[0]!.trim().split('\n')) {
      const [name = '', value] = line.split(/: (.*)/);
      expect(headers.get(name)).toBe(value);
    }
    expect((await fetch('/v2/orders/7')).headers.get('sunset')).toBeNull();
  });

  test('after its sunset it is the problem on the page', async () => {
    const { fetch } = await served(byRoute, {
      upstreams: { 'orders-v1': () => ({}), 'orders-v2': () => ({}) },
      wallClock: () => SUNSET,
    });
    const problem = (await (await fetch('/v1/orders/7')).json()) as object;
    expect(problem).toEqual({
      ...(JSON.parse(PAGE.blocks('json')[0]!) as object),
      instance: expect.any(String) as string,
    });
  });

  test('the media type chooses, as the page says', async () => {
    const { fetch } = await served(byMedia, {
      upstreams: { orders: () => ({}) },
      wallClock: () => SUNSET - 1,
    });
    const ask = async (accept: string) => {
      const { status, headers } = await fetch('/orders/7', { headers: { accept } });
      return [status, headers.has('sunset')];
    };
    expect(await ask('application/vnd.shop.v1+json')).toEqual([200, true]);
    expect(await ask('application/json')).toEqual([200, false]);
    expect(await ask('application/vnd.shop.v3+json')).toEqual([406, false]);
  });

  test('a header chooses the upstream, and what names none is refused', async () => {
    const { fetch } = await served(byHeader, {
      upstreams: { 'orders-v1': () => ({ body: '1' }), 'orders-v2': () => ({ body: '2' }) },
    });
    const ask = (version: string) => fetch('/orders/7', { headers: { 'x-api-version': version } });
    expect(await (await ask('v1')).text()).toBe('1');
    expect(await (await ask('v2')).text()).toBe('2');
    expect(await (await ask('v3')).json()).toMatchObject({ status: 400, versions: ['v1', 'v2'] });
    expect((await fetch('/orders/7')).status).toBe(400);
  });
});
