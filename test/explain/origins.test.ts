import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainConfig } from '../../src/gateway.ts';
import { folderOf } from '../config/config-files.ts';

const CONFIG = `version: 1
include: [./more.yaml]
upstreams:
  up:
    targets: [http://one.invalid]
    timeout: 3s
  keyed: { targets: [http://two.invalid], balance: { hash: "header:x-user" } }
defaults:
  routes:
    rateLimit: { max: 100, window: "\${WINDOW}" }
  upstreams: { deadline: 9s }
routes:
  first:
    match: { path: /x }
    upstream: up
    headers: { request: { set: { authorization: hunter2, x-mark: plain } } }
    timeout: 1s
`;
const MORE = `routes:
  other: { match: { path: /y }, upstream: keyed }
`;

async function valuesOf(url: string): Promise<Readonly<Record<string, string>>> {
  const folder = folderOf({ 'c.yaml': CONFIG, 'more.yaml': MORE });
  const { values } = await explainConfig(
    { file: join(folder, 'c.yaml'), environment: { WINDOW: '7s' } },
    { method: 'GET', url, headers: [], address: '127.0.0.1' },
  );
  const entries = values.map(({ path, value, from, file, line }) => {
    const place = file === undefined ? '' : ` ${file.slice(folder.length + 1)}:${line}`;
    return [path, `${value === undefined ? '-' : JSON.stringify(value)} ${from}${place}`];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

test('each value has the place where it is written, or is a default, or built in', async () => {
  const values = await valuesOf('/x');
  expect(values).toMatchObject({
    'routes.first.match.path': '"/x" route c.yaml:14',
    'routes.first.upstream': '"up" route c.yaml:15',
    'routes.first.timeout': '1000 route c.yaml:17',
    'routes.first.rateLimit.max': '100 default c.yaml:10',
    'routes.first.rateLimit.by': '"consumer" built-in',
    'upstreams.up.timeout': '3000 upstream c.yaml:6',
    'upstreams.up.deadline': '9000 default c.yaml:11',
    'upstreams.up.bulkhead.concurrency': '128 built-in',
  });
  expect(await valuesOf('/y')).toMatchObject({
    'routes.other.match.path': '"/y" route more.yaml:2',
    'upstreams.keyed.balance.hash': '"header:x-user" upstream c.yaml:7',
  });
});

test('of a value from outside, and of a secret, only the place is told', async () => {
  const values = await valuesOf('/x');
  expect(values['routes.first.rateLimit.window']).toBe('- default c.yaml:10');
  expect(values['routes.first.headers.request.set.authorization']).toBe('- route c.yaml:16');
  expect(values['routes.first.headers.request.set.x-mark']).toBe('"plain" route c.yaml:16');
  expect(JSON.stringify(values)).not.toContain('hunter2');
});
