/** Clients of generated configs, and what a gateway answers them. */
import { createHash, createHmac } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { testGateway } from '../../src/testing.ts';

export const SECRETS = { a: 'a'.repeat(32), b: 'b'.repeat(32) };
export const KEYS = { basic: 'key-of-basic', gold: 'key-of-gold', new: 'key-of-new' };
export const digest = (key: string): string => createHash('sha256').update(key).digest('hex');

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(issuer: 'a' | 'b', claims: object): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: issuer, sub: 'me', exp, ...claims })}`;
  return `${text}.${createHmac('sha256', SECRETS[issuer]).update(text).digest('base64url')}`;
}

type Fields = Readonly<Record<string, string>>;

const bearer = (issuer: 'a' | 'b', claims: object): Fields => ({
  authorization: `Bearer ${token(issuer, claims)}`,
});

/** Each with the fields that it sends. */
export const CLIENTS: readonly Fields[] = [
  {},
  bearer('a', { aud: 'shop' }),
  bearer('a', { aud: 'shop', scope: 's1' }),
  bearer('a', { aud: 'shop', scope: 's1 s2', roles: ['admin'], groups: ['g1'] }),
  bearer('a', { aud: 'other', scope: 's1 s2' }),
  bearer('b', { aud: 'shop', scope: 's1 s2' }),
  { 'x-api-key': KEYS.basic },
  { 'x-api-key': KEYS.gold },
  { 'x-api-key': KEYS.new },
  { cookie: `token=${token('a', { aud: 'shop', scope: 's1' })}` },
];

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Fields;
}

export interface Answered {
  readonly status: number;
  /** Of the config; empty where none answered. */
  readonly route: string;
}

/** What a gateway of `config` answers; its routes tell their name in `x-route`. */
export async function answersOf(config: object, asked: readonly Asked[]): Promise<Answered[]> {
  const answers = () => ({ status: 200, body: 'served' });
  const upstreams = { up: answers, other: answers };
  const { url, close } = await testGateway({ config: { ...config }, upstreams });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  try {
    return await Promise.all(asked.map((each) => answerTo(url, each, agent)));
  } finally {
    agent.destroy();
    await close();
  }
}

function answerTo(url: string, { method, path, headers }: Asked, agent: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = send(url + path, { method, headers, agent }, (response) => {
      response.resume();
      const route = String(response.headers['x-route'] ?? '');
      response.on('end', () => resolve({ status: response.statusCode ?? 0, route }));
    });
    request.on('error', reject);
    request.end();
  });
}
