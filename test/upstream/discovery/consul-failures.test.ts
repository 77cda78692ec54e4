import { describe, expect, test } from 'vitest';
import { type Instance, startConsul } from '../../helpers/consul-server.ts';
import { byConsul, watched } from '../../helpers/discovery.ts';
import { eventually, nobody } from '../../helpers/upstream.ts';

const ONE: Instance = { address: '10.0.0.1', port: 8080 };
const TWO: Instance = { address: '10.0.0.2', port: 8080 };
const [FIRST, SECOND] = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080'];
/** The pause between two queries. */
const PAUSE_MS = 500;
const token = 'b1gs33cr3t';

describe('a query that fails', () => {
  test.each([
    ['is refused', /: status 500$/, 500, 'rpc error'],
    ['is sent elsewhere', /: status 301$/, 301, ''],
    ['is no JSON', /: the answer is not JSON$/, 200, '<html>'],
    ['is no list', /: the answer is not a list$/, 200, '{}'],
    [
      'is past the limit',
      /: an answer of more than 1048576 bytes$/,
      200,
      `[${' '.repeat(1_100_000)}]`,
    ],
  ])('reports why: an answer that %s', async (_, reason, status, answer) => {
    const consul = await startConsul([ONE]);
    consul.broken = (_request, response) => void response.writeHead(status).end(answer);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    expect(seen.failures[0]?.message).toMatch(reason);
    expect(seen.failures[0]?.message).toContain(`Consul at ${consul.url}`);

    consul.broken = undefined;
    seen.clock.advance(1_000);
    await seen.told(2);
    expect(seen.origins).toEqual([FIRST]);
  });

  test('is reported if nobody listens, and if an answer is cut', async () => {
    const alone = watched(byConsul({ url: await nobody() }));
    await alone.told(1);
    expect(alone.failures[0]?.message).toContain('ECONNREFUSED');

    const consul = await startConsul([ONE]);
    consul.broken = (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('[');
      setTimeout(() => request.socket.destroy(), 20);
    };
    const cut = watched(byConsul(consul));
    await cut.told(1);
    expect(cut.failures).toHaveLength(1);
    consul.broken = undefined;
    cut.clock.advance(1_000);
    await cut.told(2);
    expect(cut.origins).toEqual([FIRST]);
  });

  test('does not move the index, so the unread answer is sent again', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    consul.broken = (_, response) =>
      void response.writeHead(200, { 'x-consul-index': 11 }).end('garbage');
    seen.clock.advance(PAUSE_MS);
    await seen.told(2);

    consul.broken = undefined;
    consul.change([ONE, TWO]);
    seen.clock.advance(1_000);
    await seen.told(3);
    expect(consul.queries.at(-1)).toContain('&index=10&');
    expect(seen.origins).toEqual([FIRST, SECOND]);
  });

  test('is given up if Consul holds it longer than the wait, a sixteenth of it, and 5 s', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul, { waitMs: 16_000 }));
    await seen.told(1);
    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);
    seen.clock.advance(21_999);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen.failures).toEqual([]);
    seen.clock.advance(1);
    await seen.told(2);
    expect(seen.failures[0]?.message).toMatch(/: no answer within 22000 ms$/);
  });

  test('is given up if its body does not end', async () => {
    const consul = await startConsul([ONE]);
    consul.broken = (_, response) => void response.writeHead(200).write('[');
    const seen = watched(byConsul(consul));
    await eventually(() => consul.queries.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    seen.clock.advance(5_000);
    await seen.told(1);
    expect(seen.failures[0]?.message).toMatch(/: no answer within 5000 ms$/);
  });
});

describe('a token', () => {
  test('is sent and gives access', async () => {
    const consul = await startConsul([ONE]);
    consul.token = token;
    const seen = watched(byConsul(consul, { token }));
    await seen.told(1);
    expect(seen.origins).toEqual([FIRST]);
    expect(consul.queries.join()).not.toContain(token);
  });

  test('is not in any message, and neither is the answer', async () => {
    const consul = await startConsul([ONE]);
    consul.token = 'another';
    const refused = watched(byConsul(consul, { token }));
    await refused.told(1);
    expect(refused.failures[0]?.message).toMatch(/: status 403$/);

    // Node would not send it.
    const unsent = watched(byConsul(consul, { token: `${token}\n` }));
    await unsent.told(1);
    for (const error of [...refused.failures, ...unsent.failures]) {
      const { message, stack, cause } = error;
      expect(`${message} ${stack} ${String(cause)} ${(cause as Error).stack}`).not.toContain(token);
    }
  });
});
