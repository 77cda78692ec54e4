/** Fails when undici changes the internals that we use. */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { buildConnector, Client, Pool } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CONTEXT,
  LIMIT,
  type Member,
  memberOf,
  PARSER,
  READ_IN,
  SESSION,
  sizeOf,
  SOCKET,
  type WireRequest,
} from '../../src/upstream/undici-members.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { startUpstream } from '../helpers/upstream.ts';

const { version } = createRequire(import.meta.url)('undici/package.json') as { version: string };
const advice = `src/upstream/undici-members.ts was written for undici ${READ_IN}; this is ${version}`;

/** Fails with the member, its class and the versions if `owner` lacks it. */
function found<T>(owner: object, member: Member<T>): T {
  const value = memberOf(owner, member);
  if (value !== undefined) return value;
  throw new Error(`undici: ${member.owner} has no ${member.name} of the shape we know: ${advice}`);
}

/** Members of `value` that are not of these types, by name. */
const others = (value: object, types: Readonly<Record<string, string>>): string[] =>
  Object.entries(types)
    .filter(([name, type]) => typeof (value as Readonly<Record<string, unknown>>)[name] !== type)
    .map(([name, type]) => `${name} is not a ${type}: ${advice}`);

test('the version whose internals were read is the installed one', () => {
  expect(version, 'run these tests, then put the new version into READ_IN').toBe(READ_IN);
});

test('the size of a client is read without its statistics', async () => {
  const symbols = Object.getOwnPropertySymbols(Client.prototype).map(String);
  expect(symbols, advice).toContain('Symbol(size)');
  const upstream = await startUpstream((_request, response) => void response.end('ok'));
  const client = new Client(upstream.url);
  onTestFinished(() => client.close());
  expect(sizeOf(client)).toBe(0);
  const answers = [1, 2].map(() => client.request({ path: '/', method: 'GET' }));
  expect(sizeOf(client)).toBe(2);
  expect(client.stats.size).toBe(2);
  for (const { body } of await Promise.all(answers)) await body.dump();
});

test('a pool has its bound on connections', () => {
  const pool = new Pool('http://localhost', { connections: 7 });
  const members = pool as unknown as Readonly<Record<symbol, unknown>>;
  const symbols = Object.getOwnPropertySymbols(pool);
  expect(
    symbols.filter(({ description }) => description === LIMIT).map((each) => members[each]),
  ).toEqual([7]);
});

describe('HTTP/1.1', () => {
  /** Calls `look` with a client that is connected and has sent nothing; then it sends a request. */
  async function connected(look: (client: Client) => void): Promise<void> {
    const upstream = await startUpstream((_request, response) => void response.end('ok'));
    const client = new Client(upstream.url);
    onTestFinished(() => client.close());
    let failure: unknown = new Error(`undici emits no "connect": ${advice}`);
    client.once('connect', () => {
      try {
        look(client);
        failure = undefined;
      } catch (error) {
        failure = error;
      }
    });
    const { body } = await client.request({
      path: '/',
      method: 'GET',
      headers: ['te', 'trailers'],
    });
    await body.dump();
    if (failure !== undefined) throw failure as Error;
  }

  test('a client has its socket', () => connected((client) => void found(client, SOCKET)));

  test('a client has the context that writes requests', () =>
    connected((client) => void found(client, CONTEXT)));

  test('the socket of a client has its parser', () =>
    connected((client) => void found(found(client, SOCKET), PARSER)));

  test('a parser has everything that we read', () =>
    connected((client) => {
      const parser = found(found(client, SOCKET), PARSER);
      const own = { ptr: 'number', statusCode: 'number', onHeadersComplete: 'function' };
      expect(others(parser, own)).toEqual([]);
      expect(Array.isArray(parser.headers), `Parser.headers is no array: ${advice}`).toBe(true);
      expect('hasTransferEncoding' in parser, `no Parser.hasTransferEncoding: ${advice}`).toBe(
        true,
      );
      expect(parser.socket, `Parser.socket is another: ${advice}`).toBe(found(client, SOCKET));
      const library = {
        llhttp_get_http_major: 'function',
        llhttp_get_http_minor: 'function',
        llhttp_set_lenient_keep_alive: 'function',
      };
      expect(others(parser.llhttp, library)).toEqual([]);
    }));

  test('a request is written with a list of fields, in order', async () => {
    let fields: readonly unknown[] = [];
    await connected((client) => {
      const context = found(client, CONTEXT);
      const write = context.write.bind(context);
      context.write = (request: WireRequest) => {
        fields = [...request.headers];
        return write(request);
      };
    });
    expect(fields, `the argument of write() has no list "headers": ${advice}`).toEqual([
      'te',
      'trailers',
    ]);
  });
});

describe('HTTP/2', () => {
  test('a socket has its session before the first stream', async () => {
    const upstream = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.end();
    });
    // Has a key that undici's types lack.
    const options: buildConnector.BuildOptions & { readonly useH2c: boolean } = { useH2c: true };
    const connect = buildConnector(options);
    let hasSocket = false;
    let streams = 0;
    const client = new Client(upstream.url, {
      allowH2: true,
      connect: (target, callback) =>
        connect(target, (...outcome) => {
          const [error, socket] = outcome;
          if (error === null) {
            hasSocket = true;
            countStreams(socket, () => (streams += 1));
          }
          callback(...outcome);
        }),
    });
    onTestFinished(() => client.close());
    const { body } = await client.request({ path: '/', method: 'GET' });
    await body.dump();
    expect(hasSocket, `undici calls no connector: ${advice}`).toBe(true);
    const missing = `undici: Socket has no ${SESSION.name} of the shape we know in time: ${advice}`;
    expect(streams, missing).toBe(1);
  });
});

/** Calls `onStream` for each stream of the session that undici opens on `socket`. */
function countStreams(socket: Socket, onStream: () => void): void {
  const look = (): void => {
    const session = memberOf(socket, SESSION);
    if (session === undefined) return;
    socket.off('newListener', look);
    const request = session.request.bind(session);
    session.request = (headers, streamOptions) => {
      onStream();
      return request(headers, streamOptions);
    };
  };
  socket.on('newListener', look);
}
