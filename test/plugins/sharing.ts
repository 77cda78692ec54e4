/** Gateways that share their revocations through a Redis. */
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisServer } from '../helpers/redis-server.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';
import { bearing } from './jwt-routes.ts';
import { recordingLog } from './recording-log.ts';

const SECRET = 'a secret of at least thirty-two characters';
const OWN = { issuer: 'https://own.example', secret: SECRET, algorithms: ['HS256'] };

const tokenOf = (claims: object): string =>
  hmacToken(SECRET, { iss: OWN.issuer, exp: now() + 600, ...claims });

export async function clientOf({ url }: RedisServer): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  await client.ping();
  return client;
}

/** A gateway that shares its list through `redis`. */
export async function sharing({ url }: Pick<RedisServer, 'url'>) {
  const { log, lines, text } = recordingLog();
  const gateway = await startGateway({
    config: {
      admin: { port: 0 },
      plugins: {
        jwt: {
          issuers: { own: OWN },
          revocations: { redis: url, refresh: '100ms', prefix: 'test:' },
        },
      },
      routes: { a: forwardTo('/a', { jwt: { issuer: 'own' } }) },
    },
    upstreams: { up: () => ({}) },
    log,
  });
  const statusOf = async (claims: object) =>
    (await gateway.fetch('/a', bearing(tokenOf(claims)))).status;
  const revoke = async (body: object) => {
    const response = await fetch(`${gateway.gateway.adminUrl}/revocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.status;
  };
  const told = (what: string) => lines().filter(({ msg }) => msg.includes(what));
  return { ...gateway, statusOf, revoke, told, text };
}
