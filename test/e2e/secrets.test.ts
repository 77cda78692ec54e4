import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hmacToken, now } from '../plugins/issuer.ts';
import { startGatewayProcess } from './gateway-process.ts';

const SECRETS = {
  shared: 'shared-secret-of-the-issuer-0123456789',
  admin: 'admin-token-0123456789',
  redis: 'redis-password-0123456789',
  consul: 'consul-token-0123456789',
  key: 'api-key-of-acme-0123456789',
  cookie: 'session-cookie-0123456789',
  query: 'query-value-0123456789',
  password: 'basic-password-0123456789',
};

const CONFIG = {
  admin: { port: 0, token: SECRETS.admin },
  telemetry: { logs: { level: 'trace' } },
  plugins: {
    jwt: {
      issuers: { own: { issuer: 'own', algorithms: ['HS256'], secret: SECRETS.shared } },
    },
    apiKey: {
      consumers: {
        acme: { keys: [createHash('sha256').update(SECRETS.key).digest('hex')] },
      },
    },
    rateLimit: {
      store: { redis: `redis://:${SECRETS.redis}@127.0.0.1:1/0`, onError: 'allow' },
    },
  },
  upstreams: {
    gone: { targets: ['http://127.0.0.1:1'] },
    found: { discover: { consul: 'http://127.0.0.1:1', service: 'x', token: SECRETS.consul } },
  },
  routes: {
    token: { match: { path: '/token' }, jwt: { issuer: 'own' }, upstream: 'gone' },
    key: {
      match: { path: '/key' },
      apiKey: { query: 'key' },
      rateLimit: { max: 5, window: '1s' },
      upstream: 'gone',
    },
    found: { match: { path: '/found' }, upstream: 'found' },
  },
};

test(
  'no secret is in the log, in an answer, in /status or in /metrics',
  { timeout: 30_000 },
  async () => {
    const gateway = await startGatewayProcess(CONFIG);
    const pieces: string[] = [];
    gateway.child.stdout?.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
    const token = hmacToken(SECRETS.shared, { iss: 'own', sub: 'u1', exp: now() + 60 });
    const forged = hmacToken('another secret that is long enough', { iss: 'own', exp: now() + 60 });
    const asked: [string, Record<string, string>][] = [
      ['/token', { authorization: `Bearer ${token}`, cookie: `sid=${SECRETS.cookie}` }],
      ['/token', { authorization: `Bearer ${forged}` }],
      ['/token', { authorization: `Basic ${btoa(`u:${SECRETS.password}`)}` }],
      [`/key?key=${SECRETS.key}&q=${SECRETS.query}`, {}],
      [`/key?key=${SECRETS.key}x`, {}],
      ['/found', {}],
      [`/nowhere?q=${SECRETS.query}`, { 'x-api-key': SECRETS.key }],
    ];
    for (const [path, headers] of asked) {
      const response = await fetch(gateway.url + path, { headers });
      pieces.push(await response.text(), JSON.stringify([...response.headers]));
    }
    for (const path of ['/status', '/metrics', '/readyz']) {
      pieces.push(await (await fetch(gateway.adminUrl + path)).text());
    }
    const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    pieces.push(await (await fetch(`${gateway.adminUrl}/upstreams/gone/circuit`, order)).text());
    await gateway.stop();
    const told = pieces.join('\n');

    expect(told).toContain('"path":"/token"');
    for (const [name, secret] of Object.entries({ ...SECRETS, token, forged })) {
      expect(told.includes(secret), name).toBe(false);
      expect(told.includes(btoa(secret).slice(0, 12)), `${name} in base64`).toBe(false);
    }
  },
);
