import { describe, expect, onTestFinished, test } from 'vitest';
import { testGateway } from '../../src/testing.ts';
import { request, problemCode } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import {
  GOOD,
  type Hostile,
  ISSUERS,
  REFUSED_BY_KEY,
  REFUSED_UNREAD,
  UNKNOWN_KEYS,
} from './hostile-tokens.ts';
import { startIssuer } from './issuer.ts';

/** A gateway that trusts a key set, two public keys and a secret, all on one route. */
async function trustingFour() {
  const { issuer, jwks } = await startIssuer();
  const shop = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'] };
  let calls = 0;
  const gateway = await testGateway({
    config: {
      plugins: { jwt: { issuers: { shop, ...ISSUERS } } },
      routes: {
        all: {
          match: { path: '/*' },
          upstream: 'up',
          jwt: { issuer: ['shop', 'rsa', 'ed', 'hs'] },
        },
      },
    },
    upstreams: { up: () => ({ body: `${(calls += 1)}` }) },
  });
  onTestFinished(() => gateway.close());
  const ask = (token: string) =>
    request(gateway.url, ['GET / HTTP/1.1', 'Host: a', `Authorization: Bearer ${token}`]);
  return { ask, issuer, calls: () => calls };
}

/** Asks with each token, and tells what was wrong with the answer, by the token's name. */
async function refusalsOf(tokens: readonly Hostile[]) {
  const world = await trustingFour();
  const wrong: Record<string, unknown> = {};
  const check = async ([what, token]: Hostile): Promise<void> => {
    const answer = await world.ask(token(world.issuer));
    const challenge = answer.headers['www-authenticate'] ?? '';
    const isRefused =
      answer.status === 401 &&
      problemCode(answer) === 'GW_TOKEN_INVALID' &&
      /^Bearer realm="portico", error="invalid_token", error_description="[^"]+"$/.test(challenge);
    const isQuiet = !/FST_|FAST_JWT|ERR_|JWS|\n *at /.test(answer.body);
    if (!isRefused || !isQuiet) wrong[what] = [answer.status, challenge, answer.body];
  };
  await Promise.all(tokens.map(check));
  return { ...world, wrong };
}

describe('hostile tokens', () => {
  test.each(GOOD)('what they are made from is let in: %s', async (_what, token) => {
    const { ask, issuer, calls } = await trustingFour();
    expect((await ask(token(issuer))).status).toBe(200);
    expect(calls()).toBe(1);
  });

  test('are 401 for what they say, before any key is looked for', async () => {
    const { wrong, issuer, calls } = await refusalsOf(REFUSED_UNREAD);
    expect(wrong).toEqual({});
    expect([calls(), issuer.hits]).toEqual([0, 0]);
  });

  test('are 401 for their signature, and no address in them is called', async () => {
    let visits = 0;
    const elsewhere = await startUpstream((_request, response) => {
      visits += 1;
      response.end('{"keys":[]}');
    });
    const { wrong, issuer, calls } = await refusalsOf(REFUSED_BY_KEY(elsewhere));
    expect(wrong).toEqual({});
    expect([calls(), issuer.hits, visits]).toEqual([0, 1, 0]);
  });

  test('are 401 for their key, for which the set is fetched once more for all of them', async () => {
    const { wrong, issuer, calls } = await refusalsOf(UNKNOWN_KEYS('http://127.0.0.1:1'));
    expect(wrong).toEqual({});
    expect([calls(), issuer.hits]).toEqual([0, 2]);
  });
});
