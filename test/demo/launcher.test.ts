import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { demoAddresses, hasStore, SERVICE_NAMES } from '../../demo/addresses.ts';
import { portFaults } from '../../demo/launcher/ports.ts';
import { untilReady } from '../../demo/launcher/ready.ts';
import { storeFolder } from '../../demo/launcher/store-folder.ts';
import { restartCommand, summary } from '../../demo/launcher/summary.ts';
import { payments } from '../../demo/services/payments.ts';
import { post, serve } from './shop.ts';

describe('addresses', () => {
  test('are those of the README where the environment says nothing', () => {
    const { services, gateway, admin } = demoAddresses({ PORT: '' });
    const ports = SERVICE_NAMES.map((name) => services[name].port);
    expect(ports).toEqual([4100, 4101, 4102, 4103, 4104, 4105, 4106, 4107, 4108]);
    expect(services.payments.url).toBe('http://127.0.0.1:4104');
    expect([gateway.port, admin.port]).toEqual([8080, 9901]);
  });

  test('follow the environment', () => {
    const env = { DEMO_PORT_BASE: '5000', PORT: '80', ADMIN_PORT: '81' };
    const { services, gateway, admin } = demoAddresses(env);
    expect([services.issuer.port, services.recommendations.port]).toEqual([5000, 5006]);
    expect([gateway.port, admin.port]).toEqual([80, 81]);
  });

  test.each([
    [{ PORT: 'http' }, 'PORT="http"'],
    [{ PORT: '0' }, 'PORT="0"'],
    [{ ADMIN_PORT: '65536' }, 'ADMIN_PORT="65536"'],
    [{ DEMO_PORT_BASE: '65530' }, 'between 1 and 65527'],
  ])('refuse %j', (env, said) => {
    expect(() => demoAddresses(env)).toThrow(said);
  });
});

describe('the store', () => {
  test.each([
    [{}, false],
    [{ STORE: '' }, false],
    [{ STORE: 'off' }, false],
    [{ STORE: 'embedded' }, true],
  ])('with %j: %s', (env, expected) => {
    expect(hasStore(env)).toBe(expected);
  });

  test('is nothing else', () => {
    expect(() => hasStore({ STORE: 'on' })).toThrow('STORE="on" is neither "embedded" nor "off"');
  });

  test('has a folder of its own, and removes those of demos that are gone', () => {
    const parent = mkdtempSync(join(tmpdir(), 'portico-demo-'));
    onTestFinished(() => rmSync(parent, { recursive: true }));
    // Of a process that lives, of one that does not, and of an earlier one with our number.
    const [alive, gone, own] = [process.ppid, 2 ** 22 + 1, process.pid].map(String);
    for (const name of [alive!, gone!, own!]) {
      mkdirSync(join(parent, name, 'base'), { recursive: true });
    }
    const folder = storeFolder(join(parent));
    expect([folder.path, readdirSync(parent)]).toEqual([join(parent, own!), [alive]]);
    mkdirSync(folder.path);
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });
});

describe('the port check', () => {
  test('names each port that is taken or wanted twice, and what it is for', async () => {
    const port = Number(new URL(await serve(payments())).port);
    const twice = String(port === 4103 ? 4104 : 4103);

    const faults = await portFaults(demoAddresses({ PORT: String(port), ADMIN_PORT: twice }));

    expect(faults).toContain(`port ${port} is taken; it is for gateway`);
    expect(faults).toContainEqual(
      expect.stringMatching(/is meant for both \w+ and gateway \(admin\)/),
    );
  });
});

describe('waiting until ready', () => {
  const { signal } = new AbortController();

  test('ends when the answer is 200', async () => {
    const url = `${await serve(payments())}/healthz`;
    await untilReady({ name: 'payments', url, timeoutMs: 5_000, signal });
  });

  test('gives up in time and says what it saw', async () => {
    const origin = await serve(payments());
    await post(`${origin}/_fault`, { health: false });
    const url = `${origin}/healthz`;
    const waiting = untilReady({ name: 'payments', url, timeoutMs: 100, signal });
    await expect(waiting).rejects.toThrow(`payments: ${url} is not ready after 0.1 s (503)`);
  });

  test('ends when nobody wants it any more', async () => {
    const leaving = new AbortController();
    const url = 'http://127.0.0.1:1/';
    const waiting = untilReady({ name: 'x', url, timeoutMs: 60_000, signal: leaving.signal });
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the summary', () => {
  const addresses = demoAddresses({});
  const pids = new Map(['gateway', ...SERVICE_NAMES].map((name, i) => [name, 700 + i]));
  const [lines = [], withStore = []] = [false, true].map((isThere) =>
    summary({ addresses, pids, token: 'abc', hasStore: isThere }).split('\n'),
  );

  test('has the token on a line of its own, to be pasted or found by a script', () => {
    expect(lines).toContain('TOKEN=abc');
  });

  test('begins with where to watch it', () => {
    expect(lines.find((line) => line !== '')).toBe('Watch it in a browser: http://127.0.0.1:9901');
  });

  test('has every address, and commands that need no editing', () => {
    expect(lines.find((line) => line.includes(' payments '))).toMatch(/127\.0\.0\.1:4104 +705$/);
    expect(lines).toContain('kill 705');
    expect(lines).toContain("curl 'http://127.0.0.1:8080/api/products?limit=3'");
    expect(lines).toContain(
      'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/orders/42/summary',
    );
  });

  test('has the fulfilment of an order where there is a store, and says how to get one', () => {
    const starting =
      `curl -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' ` +
      `-H 'Prefer: wait=5' -d '{"orderId":"1000"}' http://127.0.0.1:8080/api/fulfilments`;
    expect(withStore).toContain(starting);
    expect(lines).not.toContain(starting);
    const how = (line: string) => line.includes('STORE=embedded npm start');
    expect([lines.some(how), withStore.some(how)]).toEqual([true, false]);
  });

  test('has a load, and says how to let it through', () => {
    const at = lines.findIndex((line) => line.startsWith('npm run load -- '));
    expect(lines[at]).toContain('--token "$TOKEN" --url http://127.0.0.1:8080/');
    expect(lines.slice(0, at).join('\n')).toContain('RATE_LIMIT=1000000000 npm start');
  });

  test('starts services again on the ports of this demo', () => {
    const moved = demoAddresses({ DEMO_PORT_BASE: '5000' });
    expect(restartCommand('payments', addresses)).toBe('npm run demo -- payments');
    expect(restartCommand('users', moved)).toBe('DEMO_PORT_BASE=5000 npm run demo -- users');
  });
});
