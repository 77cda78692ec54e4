import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { quietPort } from '../helpers/quiet-port.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { forwardTo, startGateway } from './support/gateway.ts';

type Line = Readonly<Record<string, unknown>>;
const SECRET = 'a secret of at least thirty-two characters';
const BODY = { type: 'object', properties: { count: { type: 'integer' } } };

/** A gateway whose upstream refuses connections, and its access log. */
async function logging() {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  const gateway = await startGateway({
    log: pino({ level: 'info', base: null }, { write }),
    config: {
      admin: { port: 0 },
      telemetry: { logs: { access: true } },
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      upstreams: { down: { targets: [`http://127.0.0.1:${await quietPort()}`] } },
      routes: {
        down: { match: { path: '/down' }, upstream: 'down' },
        part: { match: { path: '/part' }, aggregate: { one: { upstream: 'down', path: '/' } } },
        guarded: forwardTo('/guarded', { jwt: { issuer: 'own' } }),
        checked: forwardTo('/checked', { validate: { body: BODY } }),
      },
    },
    upstreams: { up: () => ({ body: 'fine' }) },
  });
  const requests = (): Line[] => lines.filter(({ msg }) => msg === 'request');
  const metrics = async (): Promise<string> =>
    (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
  return { ...gateway, requests, metrics };
}

describe('the cause of an error', () => {
  test('reaches the log and the metric, but not the client', async () => {
    const { fetch, requests, metrics } = await logging();
    const answer = await fetch('/down');
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain('ECONNREFUSED');
    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ code: 'GW_UPSTREAM_CONNECT', cause: 'ECONNREFUSED' });
    expect(await metrics()).toContain(
      'portico_errors_total{route="down",code="GW_UPSTREAM_CONNECT",cause="ECONNREFUSED"} 1',
    );
  });

  test('of a part is in the entry of its call', async () => {
    const { fetch, requests } = await logging();
    await fetch('/part');
    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]!['calls']).toEqual([
      {
        part: 'one',
        upstream: 'down',
        target: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) as unknown,
        code: 'GW_UPSTREAM_CONNECT',
        cause: 'ECONNREFUSED',
        attempts: 2,
        firstAttempt: 'GW_UPSTREAM_CONNECT',
        ms: expect.any(Number) as unknown,
      },
    ]);
  });

  test.each([
    ['an expired token', { exp: now() - 600 }, SECRET, 'token-expired'],
    ['a token of somebody else', { iss: 'other' }, SECRET, 'token-issuer'],
    [
      'a token with another signature',
      {},
      'another secret, and just as long as the first',
      'token-signature',
    ],
  ])('of refusing %s is what is wrong with it', async (_what, claims, secret, cause) => {
    const { fetch, requests, metrics } = await logging();
    const token = hmacToken(secret, { iss: 'own', sub: 'u', exp: now() + 60, ...claims });
    const answer = await fetch('/guarded', { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ code: 'GW_TOKEN_INVALID', cause });
    expect(await metrics()).toContain(`code="GW_TOKEN_INVALID",cause="${cause}"} 1`);
  });

  test('of refusing a body is the place that does not match; the metric has only "schema"', async () => {
    const { fetch, requests, metrics } = await logging();
    const headers = { 'content-type': 'application/json' };
    await fetch('/checked', { method: 'POST', headers, body: '{"count":"many"}' });
    await expect.poll(requests).toHaveLength(1);
    expect(requests()[0]).toMatchObject({ code: 'GW_REQUEST_INVALID', cause: 'body/count' });
    expect(await metrics()).toContain('code="GW_REQUEST_INVALID",cause="schema"} 1');
  });
});
