/** Tokens of sockets: from browsers, and when they end. */
import { describe, expect, test } from 'vitest';
import { startIssuer } from '../plugins/issuer.ts';
import {
  closeOf,
  echo,
  opened,
  rawClient,
  headOf,
  socketGateway,
  wireUpstream,
  wsUpstream,
} from './support.ts';

async function guarded(target: string, jwt: object, websocket: unknown = true) {
  const { issuer, jwks } = await startIssuer();
  const shop = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'] };
  const gateway = await socketGateway(target, {
    config: {
      plugins: { jwt: { issuers: { shop } } },
      upstreams: { up: { targets: [target] } },
      routes: {
        live: { match: { path: '/*' }, upstream: 'up', websocket, jwt: { issuer: 'shop', ...jwt } },
      },
    },
  });
  return { ...gateway, issuer };
}

describe('a token among the subprotocols', () => {
  test('opens the socket and goes no further; the client gets the subprotocol that browsers need', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const url = await wireUpstream((_socket, head) => resolve(head));
    const gateway = await guarded(url, { protocol: 'bearer' });
    const token = gateway.issuer.sign();

    const client = await opened(gateway, '/', ['bearer', token]);

    expect(client.protocol).toBe('bearer');
    expect(await promise).not.toMatch(/sec-websocket-protocol/i);
    expect(await promise).not.toContain(token);
  });

  test('leaves the others to the upstream', async () => {
    const url = await wsUpstream(echo, { handleProtocols: (offered) => [...offered].join('+') });
    const gateway = await guarded(url, { protocol: 'bearer' });
    const client = await opened(gateway, '/', ['bearer', gateway.issuer.sign(), 'chat']);
    expect(client.protocol).toBe('chat');
  });

  test.each([
    ['no token', [], '401'],
    ['no token after it', ['Sec-WebSocket-Protocol: bearer'], '401'],
    ['another one', ['Sec-WebSocket-Protocol: bearer, abc'], '401'],
  ])('with %s is refused', async (_what, lines, status) => {
    const gateway = await guarded(await wsUpstream(echo), { protocol: 'bearer' });
    const client = await rawClient(gateway.url, headOf(...lines));
    expect((await client.closed).toString().slice(9, 12)).toBe(status);
  });
});

describe('the end of a token', () => {
  const soon = () => Math.floor(Date.now() / 1_000) + 2;

  test('closes the socket with 1008', async () => {
    const gateway = await guarded(await wsUpstream(echo), {});
    const exp = soon();
    const authorization = `Bearer ${gateway.issuer.sign({ exp })}`;
    const client = await opened(gateway, '/', [], { headers: { authorization } });
    expect((await closeOf(client))[0]).toBe(1008);
    expect(Date.now() / 1_000 - exp).toBeGreaterThanOrEqual(-0.1);
  });

  test('changes nothing where expire is ignore', async () => {
    const gateway = await guarded(await wsUpstream(echo), {}, { expire: 'ignore', idle: '3s' });
    const authorization = `Bearer ${gateway.issuer.sign({ exp: soon() })}`;
    const client = await opened(gateway, '/', [], { headers: { authorization } });
    expect((await closeOf(client))[0]).toBe(1001);
  });
});
