import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { problemCode, request } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

const SECRET = 'a secret of at least thirty-two characters';

/** Hosts guarded by a token, beside a route that is open to all. */
async function guarded(server: object = {}) {
  const told: string[] = [];
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const jwt = { issuer: 'own' };
  const { url } = await startGateway({
    log,
    config: {
      server: { trustedProxies: ['127.0.0.1'], ...server },
      telemetry: { logs: { access: true } },
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      upstreams: { up: { host: 'client' } },
      routes: {
        admin: { match: { path: '/*', hosts: ['admin.example.test'] }, jwt, upstream: 'up' },
        dotted: { match: { path: '/*', hosts: ['Dotted.test.'] }, jwt, upstream: 'up' },
        below: { match: { path: '/*', hosts: ['*.wild.test.'] }, jwt, upstream: 'up' },
        address: { match: { path: '/*', hosts: ['[2001:DB8:0::1]'] }, jwt, upstream: 'up' },
        field: { match: { path: '/field', headers: { host: 'Field.test.' } }, jwt, upstream: 'up' },
        open: forwardTo('/*'),
      },
    },
    upstreams: {
      up: ({ headers }) => {
        told.push(`${String(headers['host'])} ${String(headers['x-forwarded-host'])}`);
        return {};
      },
    },
  });
  const hosts = () =>
    lines
      .map((line) => JSON.parse(line) as { readonly msg: string; readonly host?: string })
      .filter(({ msg }) => msg === 'request')
      .map(({ host }) => host);
  return { url, told, hosts };
}

const GUARDED = [
  'admin.example.test',
  'admin.example.test.',
  'admin.example.test.:80',
  'ADMIN.example.TEST.',
  'dotted.test',
  'dotted.test.:8080',
  'a.wild.test',
  'a.b.wild.test.',
  '[2001:db8::1]',
  '[2001:0DB8::0:1]:443',
];
const BROKEN = ['a..b', 'admin.example.test..', '.admin.example.test', '.', 'a..:80'];

describe('a host has one spelling', () => {
  test.each(GUARDED)(
    '%s is guarded as Host, in an absolute target, and when a proxy says it',
    async (host) => {
      const { url, told } = await guarded();

      const asHost = await request(url, ['GET / HTTP/1.1', `host: ${host}`]);
      const absolute = await request(url, [`GET http://${host}/ HTTP/1.1`, 'host: other.test']);
      const forwarded = await request(url, [
        'GET / HTTP/1.1',
        'host: other.test',
        `x-forwarded-host: ${host}`,
      ]);

      expect([asHost.status, absolute.status, forwarded.status]).toEqual([401, 401, 401]);
      expect(told).toEqual([]);
    },
  );

  test('it is guarded as the authority of an HTTP/2 request', async () => {
    const { url, told } = await guarded({ tls: pair('server') });
    const session = await openH2(url);

    const statuses = await Promise.all(
      GUARDED.map(async (host) => (await fetchH2(session, { ':authority': host })).status),
    );

    expect(statuses).toEqual(GUARDED.map(() => 401));
    expect(told).toEqual([]);
  });

  test.each(BROKEN)('%s, which has an empty label, is 400', async (host) => {
    const { url, told } = await guarded();

    const answers = [
      await request(url, ['GET / HTTP/1.1', `host: ${host}`]),
      await request(url, [`GET http://${host}/ HTTP/1.1`, 'host: other.test']),
    ];

    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers.map(problemCode)).toEqual(['GW_REQUEST_INVALID', 'GW_REQUEST_INVALID']);
    expect(told).toEqual([]);
  });

  test('an empty label is 400 over HTTP/2', async () => {
    const { url } = await guarded({ tls: pair('server') });
    const session = await openH2(url);
    for (const host of BROKEN) {
      expect([host, (await fetchH2(session, { ':authority': host })).status]).toEqual([host, 400]);
    }
  });

  test('a condition on the field Host sees that spelling', async () => {
    const { url } = await guarded();
    for (const host of ['field.test', 'FIELD.test.']) {
      expect((await request(url, ['GET /field HTTP/1.1', `host: ${host}`])).status).toBe(401);
    }
  });

  test('the upstream and the log get it, with the port as the client sent it', async () => {
    const { url, told, hosts } = await guarded();

    await request(url, ['GET / HTTP/1.1', 'host: Open.Test.:8080']);
    await request(url, ['GET / HTTP/1.1', 'host: a', 'x-forwarded-host: Open.Test.']);

    expect(told).toEqual(['open.test:8080 open.test:8080', 'open.test open.test']);
    await expect.poll(hosts).toEqual(['open.test:8080', 'open.test']);
  });
});

test('two routes whose hosts differ only by the dot match the same requests', async () => {
  const starting = startGateway({
    config: {
      routes: {
        a: { match: { path: '/*', hosts: ['x.test'] }, respond: {} },
        b: { match: { path: '/*', hosts: ['X.test.'] }, respond: {} },
      },
    },
  });
  await expect(starting).rejects.toThrow(/matches the same requests as routes\.a/);
});
