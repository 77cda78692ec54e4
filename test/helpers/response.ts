/** A response of a real server, with the client's end of the connection. */
import { on, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

export interface OpenResponse {
  readonly response: ServerResponse;
  /** Paused until `read` is called. */
  readonly client: Socket;
  /** Everything the client gets until the connection ends. */
  readonly read: () => Promise<string>;
  /** How many writes the kernel has been asked for so far. */
  readonly writes: number;
}

/**
 * Two responses of one connection: the client has sent both requests before the first was answered
 * (RFC 9112 §9.3.2).
 */
export async function openPipeline(): Promise<readonly [ServerResponse, ServerResponse]> {
  const { server, client } = await openConnection();
  client.write('GET /1 HTTP/1.1\r\nhost: gateway\r\n\r\nGET /2 HTTP/1.1\r\nhost: gateway\r\n\r\n');
  const responses: ServerResponse[] = [];
  for await (const [, response] of on(server, 'request')) {
    responses.push(response as ServerResponse);
    if (responses.length === 2) break;
  }
  return [responses[0]!, responses[1]!];
}

/** The connection ends with the response, so that `read` does. */
export async function openResponse(request = 'GET / HTTP/1.1'): Promise<OpenResponse> {
  const { server, client } = await openConnection();
  client.write(`${request}\r\nhost: gateway\r\nconnection: close\r\n\r\n`);
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const socket = response.socket!;
  const writes = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev' as '_write')];
  return {
    response,
    client,
    read: async () => {
      let text = '';
      client
        .setEncoding('latin1')
        .on('data', (chunk: string) => (text += chunk))
        .resume();
      if (!client.closed) await once(client, 'close');
      return text;
    },
    get writes() {
      return writes[0]!.mock.calls.length + writes[1]!.mock.calls.length;
    },
  };
}

async function openConnection(): Promise<{ readonly server: Server; readonly client: Socket }> {
  const server = createServer();
  server.listen(0);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { server, client };
}
