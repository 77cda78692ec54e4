import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { nobody } from '../helpers/upstream.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { run } from './run.ts';

const SECRET = 's'.repeat(32);
const CONFIG = {
  version: 1,
  plugins: { jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } } },
  upstreams: { up: { targets: ['http://up.invalid'] } },
  routes: {
    orders: {
      match: { path: '/orders/*', headers: { 'x-v': '1' } },
      jwt: { issuer: 'own' },
      upstream: 'up',
    },
  },
};
const TOKEN = hmacToken(SECRET, { iss: 'own', sub: 'u1', exp: now() + 600 });
const ASKED = ['explain', 'GET', '/orders/1', '-H', 'x-v: 1', '--token', TOKEN];

const fileOf = (config: object): string =>
  join(folderOf({ 'c.yaml': JSON.stringify(config) }), 'c.yaml');

async function running(admin: object = {}): Promise<readonly string[]> {
  const { gateway } = await startGateway({ config: { ...CONFIG, admin: { port: 0, ...admin } } });
  return ['--admin', gateway.adminUrl!];
}

describe('portico explain', () => {
  test('asks a running gateway, or builds one from a config: both say the same', async () => {
    const live = await run([...ASKED, ...(await running())]);
    const alone = await run([...ASKED, '-c', fileOf(CONFIG)]);
    for (const { code, out, err } of [live, alone]) {
      expect([code, err]).toEqual([0, []]);
      expect(out.slice(0, 4)).toEqual([
        'GET http://localhost/orders/1 from 127.0.0.1',
        '  would call up',
        '  route orders: forward to up',
        '  client u1 (jwt, issuer own), scopes: none',
      ]);
      expect(out.join('\n')).not.toContain(TOKEN.split('.')[1]);
    }
  });

  test('prints one JSON document with --json', async () => {
    const live = await run([...ASKED, '--json', ...(await running())]);
    expect(JSON.parse(live.out.join('\n'))).toMatchObject({
      generation: 1,
      outcome: { kind: 'called', isCertain: true },
    });
    const alone = await run([...ASKED, '--json', '-c', fileOf(CONFIG)]);
    const told = JSON.parse(alone.out.join('\n')) as object;
    expect(told).toMatchObject({ outcome: { kind: 'called', isCertain: true } });
    expect(told).not.toHaveProperty('generation');
  });

  test('ends with 0 for a request that would be refused, too', async () => {
    const { code, out } = await run(['explain', 'GET', '/orders/1', '-c', fileOf(CONFIG)]);
    expect([code, out[1]]).toEqual([0, '  refused: 404 GW_ROUTE_NOT_FOUND']);
    expect(out).toContain(
      '  fails      orders  any /orders/* [header x-v]: the field x-v is absent',
    );
  });

  test('lists the faults of the config, and ends with 78', async () => {
    const { code, out, err } = await run([...ASKED, '-c', fileOf({ ...CONFIG, rotes: {} })]);
    expect([code, out]).toEqual([78, []]);
    expect(err.join('\n')).toContain('rotes: unknown key; did you mean "routes"?');
  });

  test.each<readonly [readonly string[], string]>([
    [['GET', 'orders'], 'the URL is a path such as /orders/1, or begins with http:// or https://'],
    [['GET', '/x', '-H', 'hunter2'], 'a header is written as "name: value"'],
    [['G T', '/x'], 'the method is a word such as GET'],
    [['GET', '/x', '--from', 'here'], 'the address is one such as 203.0.113.7'],
    [['GET', '/x', '--admin', 'http://127.0.0.1:1', '-c', 'c.yaml'], 'not both'],
    [['GET', '/x', '-H', 'a: 1', '-H', 'a: 2'], 'a is given twice, which only --config can ask'],
  ])('ends with 2 for what is no question: %j', async (args, message) => {
    const { code, err } = await run(['explain', ...args]);
    expect(code).toBe(2);
    expect(err.join('\n')).toContain(message);
    expect(err.join('\n')).not.toContain('hunter2');
  });

  test('sends the admin token where one is needed, and says where no gateway answers', async () => {
    const admin = await running({ token: 'a-token-of-the-operator' });
    const { code } = await run([...ASKED, ...admin, '--admin-token', 'a-token-of-the-operator']);
    expect(code).toBe(0);
    const origin = await nobody();
    const unanswered = await run([...ASKED, '--admin', origin]);
    expect(unanswered.code).toBe(1);
    expect(unanswered.err.join('\n')).toContain(`nothing listens at ${origin}`);
  });
});
