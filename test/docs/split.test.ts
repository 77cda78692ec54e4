/** docs/split.md: the example serves as the page says, and its texts are those of the gateway. */
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { explanationLines } from '../../src/cli/print-explanation.ts';
import { run } from '../cli/run.ts';
import { faultsOf } from '../config/config-files.ts';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/split.md');
const [example = '', ramp = ''] = PAGE.blocks('yaml');

const shop = () =>
  served(example, {
    upstreams: {
      monolith: ({ path }) => ({ body: `monolith ${path}` }),
      catalog: ({ path }) => ({ body: `catalog ${path}` }),
    },
    random: () => 0.5,
  });

test('the example divides visitors, and testers always get the new side', async () => {
  const { fetch } = await shop();
  const bodyOf = async (headers: Readonly<Record<string, string>>) =>
    (await fetch('/products/7', { headers })).text();
  expect(await bodyOf({})).toBe('monolith /products/7');
  expect(await bodyOf({ cookie: 'sid=user-1' })).toBe('monolith /products/7');
  expect(await bodyOf({ 'x-canary': '1' })).toBe('catalog /v2/products/7');
});

test('explain says what the page shows', async () => {
  const { gateway } = await shop();
  const explanation = await gateway.explain({
    method: 'GET',
    url: 'http://localhost:8080/products/7',
    headers: [['cookie', 'sid=user-1']],
    address: '127.0.0.1',
  });
  const lines = explanationLines(explanation);
  const from = lines.indexOf('split');
  expect(PAGE.text).toContain(`…\n${lines.slice(from, from + 4).join('\n')}\n…`);
});

test('the order on the page takes a side in again', async () => {
  const { gateway } = await shop();
  const [command = '', curl = ''] = PAGE.blocks('sh');
  const [, sent = ''] = /-d '(.*?)'/.exec(curl) ?? [];
  const path = /http:\/\/127\.0\.0\.1:9901(\S+)/.exec(curl)![1]!;
  const order = (body: string) =>
    fetch(`${gateway.adminUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  expect((await order(sent.replace('auto', 'aborted'))).status).toBe(200);
  expect(gateway.status().routes[0]!.sides![1]!.aborted?.why).toBe('fixed');
  const [, ...args] = command.trim().split(' ');
  const ran = await run([...args, '--admin', gateway.adminUrl!]);
  expect([ran.code, ran.out]).toEqual([
    0,
    ['monolith  90 %, weight 90', 'catalog  10 %, weight 10'],
  ]);
  await order(sent.replace('auto', 'aborted'));
  expect((await order(sent)).status).toBe(200);
  expect(gateway.status().routes[0]!.sides![1]!.aborted).toBeUndefined();
});

test('the ramp is valid', async () => {
  const config = { ...(parse(example) as object), routes: {} };
  const routes = { products: { match: { path: '/*' }, ...(parse(ramp) as object) } };
  expect(await faultsOf(JSON.stringify({ ...config, routes }))).toEqual([]);
});
