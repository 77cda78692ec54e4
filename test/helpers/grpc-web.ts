/** A client of gRPC-Web, as far as tests need one: it reads an answer frame by frame. */
import { framed } from './grpc.ts';

export interface WebOutcome {
  readonly status: number;
  readonly headers: Headers;
  readonly messages: readonly string[];
  /** `undefined`: the answer has no frame of them. */
  readonly trailers: Readonly<Record<string, string>> | undefined;
}

export interface WebCall {
  readonly path?: string;
  /** Default `application/grpc-web+proto`. */
  readonly type?: string;
  /** Default: one message `x`, as the type wants it. */
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const BINARY = 'application/grpc-web+proto';
export const TEXT = 'application/grpc-web-text+proto';

const isText = (type: string): boolean => type.toLowerCase().includes('-text');

/** Messages as a client sends them in `type`. */
export function sent(type: string, ...messages: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.concat(messages.map(framed));
  return new Uint8Array(isText(type) ? Buffer.from(bytes.toString('base64')) : bytes);
}

/** The answer as it comes. */
export function openWeb(
  url: string,
  { path = '/shop.Stock/Get', type = BINARY, body, headers, signal }: WebCall = {},
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': type, 'x-grpc-web': '1', ...headers },
    body: body ?? sent(type, 'x'),
    ...(signal && { signal }),
  });
}

/** One call, to its end. */
export async function callWeb(url: string, call: WebCall = {}): Promise<WebOutcome> {
  const response = await openWeb(url, call);
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status, headers } = response;
  return { status, headers, ...readFrames(headers.get('content-type') ?? '', bytes) };
}

/** The frames of a whole answer. */
export function readFrames(type: string, body: Buffer): Pick<WebOutcome, 'messages' | 'trailers'> {
  const bytes = isText(type) ? fromText(body.toString('latin1')) : body;
  const messages: string[] = [];
  let trailers: Record<string, string> | undefined;
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    const content = bytes.toString('utf8', at + 5, end);
    if ((bytes[at]! & 0x80) === 0) messages.push(content);
    else trailers = readTrailers(content);
    at = end;
  }
  return { messages, trailers };
}

/** Each group of four may be padded. */
const fromText = (text: string): Buffer =>
  Buffer.concat((text.match(/.{4}/gs) ?? []).map((group) => Buffer.from(group, 'base64')));

const readTrailers = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at), line.slice(at + 1).trim()];
      }),
  );
