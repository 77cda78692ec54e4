/** HTTP over a unix socket, as a client on the same machine speaks it. */
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { noteAnswer } from './what-came.ts';

export interface SocketAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request on a connection of its own. */
export async function askSocket(
  socketPath: string,
  path = '/',
  options: RequestOptions = {},
): Promise<SocketAnswer> {
  const asked = request({ socketPath, path, agent: false, ...options }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  const { statusCode: status = 0, headers } = response;
  noteAnswer({ asked: `unix:${socketPath} ${path}`, status, headers, body });
  return { status, headers, body };
}
