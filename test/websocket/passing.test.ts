import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import {
  afterHead,
  closeOf,
  echo,
  frame,
  headOf,
  MASK,
  opened,
  rawClient,
  socketGateway,
  wireUpstream,
  wsUpstream,
} from './support.ts';

const received = async (client: WebSocket): Promise<unknown> => {
  const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
  return isBinary ? data : data.toString();
};

describe('a WebSocket through the gateway', () => {
  test.each([
    ['text', 'grüße 🚀'],
    ['bytes', Buffer.from([0, 255, 1, 254])],
    ['nothing', ''],
    ['a message of 1 MiB', Buffer.alloc(1_048_576, 7)],
  ])('passes %s in both directions', async (_what, message) => {
    const gateway = await socketGateway(await wsUpstream(echo));
    const client = await opened(gateway);

    client.send(message);

    expect(await received(client)).toEqual(message);
  });

  test('lets the upstream choose any of the subprotocols', async () => {
    const url = await wsUpstream(echo, { handleProtocols: (offered) => [...offered].at(-1)! });
    const client = await opened(await socketGateway(url), '/', ['v1', 'v2', 'v3']);
    expect(client.protocol).toBe('v3');
  });

  test('leaves compression to the two ends, and passes what they agree on', async () => {
    const url = await wsUpstream(echo, { perMessageDeflate: { threshold: 0 } });
    const client = await opened(await socketGateway(url));

    client.send('a'.repeat(10_000));

    expect(client.extensions).toContain('permessage-deflate');
    expect(await received(client)).toBe('a'.repeat(10_000));
  });

  test.each([
    [1000, 'done'],
    [1001, ''],
    [4000, 'own reason'],
  ])('passes the close code %i of the client to the upstream', async (code, reason) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const url = await wsUpstream((socket) => void closeOf(socket).then(resolve));
    const client = await opened(await socketGateway(url));

    client.close(code, reason);

    expect(await promise).toEqual([code, reason]);
    expect(await closeOf(client)).toEqual([code, reason]);
  });

  test.each([
    [1000, 'done'],
    [1001, ''],
    [4000, 'own reason'],
  ])('passes the close code %i of the upstream to the client', async (code, reason) => {
    const gateway = await socketGateway(await wsUpstream((socket) => socket.close(code, reason)));
    const client = await opened(gateway);
    expect(await closeOf(client)).toEqual([code, reason]);
  });

  test('tells the upstream what a request would: path, query, fields, who the client is', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const url = await wireUpstream((_socket, head) => resolve(head));
    const gateway = await socketGateway(url, { route: { rewrite: '/chat/*' } });

    await opened(gateway, '/room?x=1', ['v1'], { headers: { 'x-own': 'yes' } }).catch(() => 0);
    const head = await promise;

    expect(head).toMatch(/^GET \/chat\/room\?x=1 HTTP\/1\.1\r\n/);
    expect(head).toMatch(/\r\nupgrade: websocket\b/i);
    expect(head).toMatch(/\r\nconnection: upgrade\b/i);
    expect(head).toMatch(/\r\nsec-websocket-protocol: v1\b/i);
    expect(head).toMatch(/\r\nx-own: yes\b/i);
    expect(head).toMatch(/\r\nx-forwarded-for: 127\.0\.0\.1\b/i);
    expect(head.match(/\r\n(upgrade|connection):/gi)).toHaveLength(2);
  });

  test('passes what the client sends before it has an answer, and the upstream with its answer', async () => {
    const url = await wireUpstream((socket) => {
      socket.write(frame({ payload: 'first' }));
      socket.on('data', (chunk: Buffer) => void socket.write(chunk));
    });
    const gateway = await socketGateway(url);
    const early = frame({ payload: 'early', mask: MASK });

    const client = await rawClient(gateway.url, Buffer.concat([Buffer.from(headOf()), early]));
    const expected = Buffer.concat([frame({ payload: 'first' }), early]);
    const bytes = await client.until((all) => afterHead(all).length >= expected.length);

    expect(afterHead(bytes)).toEqual(expected);
  });

  test('stands beside plain requests to the same route, as socket.io makes them first', async () => {
    const url = await wsUpstream(echo, {}, (request, response) => {
      response.end(`polled by ${request.method} ${request.url}`);
    });
    const gateway = await socketGateway(url);

    const polled = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`);
    const posted = await fetch(`${gateway.url}/socket.io/`, { method: 'POST', body: '40' });
    const client = await opened(gateway, '/socket.io/?EIO=4&transport=websocket&sid=x');
    client.send('2probe');

    expect(await polled.text()).toBe('polled by GET /socket.io/?EIO=4&transport=polling');
    expect(await posted.text()).toBe('polled by POST /socket.io/');
    expect(await received(client)).toBe('2probe');
  });

  test('carries the graphql-transport-ws protocol: an ack, results, the end', async () => {
    const url = await wsUpstream(
      (socket) => {
        socket.on('message', (data: Buffer) => {
          const { type, id } = JSON.parse(data.toString()) as { type: string; id?: string };
          if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
          else
            for (const sent of ['next', 'complete'])
              socket.send(JSON.stringify({ type: sent, id }));
        });
      },
      {
        handleProtocols: (offered) => offered.has('graphql-transport-ws') && 'graphql-transport-ws',
      },
    );
    const client = await opened(await socketGateway(url), '/graphql', ['graphql-transport-ws']);
    const types: string[] = [];
    client.on('message', (data: Buffer) => {
      types.push((JSON.parse(data.toString()) as { type: string }).type);
      if (types.length === 1)
        client.send('{"type":"subscribe","id":"1","payload":{"query":"{ a }"}}');
      if (types.length === 3) client.close(1000);
    });
    client.send('{"type":"connection_init"}');

    expect((await closeOf(client))[0]).toBe(1000);
    expect(types).toEqual(['connection_ack', 'next', 'complete']);
  });
});
