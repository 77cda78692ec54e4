/** Sends requests as bytes, for what no HTTP client would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { noteAnswer } from '../../helpers/what-came.ts';

export interface RawResponse {
  readonly status: number;
  /** Lower-case names; repeated fields are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function open(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** Everything received until `isDone` or the other side ends; as latin1. */
export function receive(
  socket: Socket,
  isDone: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const settle = (): void => {
      socket.off('data', take).off('end', settle).off('close', settle);
      resolve(text);
    };
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (isDone(text)) settle();
    };
    socket.on('data', take).on('end', settle).on('close', settle);
  });
}

/** Sends `text` and reads until the gateway closes the connection. */
export async function talk(origin: string, text: string): Promise<string> {
  const socket = await open(origin);
  socket.write(text, 'latin1');
  const answer = await receive(socket);
  socket.destroy();
  return answer;
}

/** Sends the lines of a request, then `body`, and reads one answer. */
export async function request(
  origin: string,
  lines: readonly string[],
  body = '',
): Promise<RawResponse> {
  const socket = await open(origin);
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  const isHead = lines[0]?.startsWith('HEAD') === true;
  const answer = await receive(socket, (text) => isWhole(text, isHead));
  socket.destroy();
  return noted(lines, parse(answer));
}

/** The same on a connection that stays open. */
export async function requestOn(
  socket: Socket,
  lines: readonly string[],
  body = '',
): Promise<RawResponse> {
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  return noted(lines, parse(await receive(socket, (text) => isWhole(text, false))));
}

/** Shown if the test fails. */
function noted([asked = '']: readonly string[], response: RawResponse): RawResponse {
  noteAnswer({ asked, ...response });
  return response;
}

/** The first response in `text`, skipping informational ones. */
export function parse(text: string): RawResponse {
  const final = text.replace(/^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+/, '');
  const end = final.indexOf('\r\n\r\n');
  const [first = '', ...lines] = final.slice(0, end < 0 ? final.length : end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).toLowerCase();
    const value = line.slice(at + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const status = Number(first.split(' ')[1]);
  return { status, headers, body: end < 0 ? '' : final.slice(end + 4) };
}

function isWhole(text: string, isHead: boolean): boolean {
  if (!/^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*HTTP\/1\.1 [2-5][^]*\r\n\r\n/.test(text)) return false;
  const { status, headers, body } = parse(text);
  if (isHead || status === 204 || status === 304) return true;
  if (headers['transfer-encoding'] === 'chunked') return /(^|\r\n)0\r\n(.*\r\n)*\r\n$/.test(body);
  return body.length >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
}

/** The code of a problem document in a raw answer. */
export function problemCode({ body }: RawResponse): string {
  const { type } = JSON.parse(body) as { readonly type: string };
  return type.replace('urn:portico:error:', '');
}
