/** Sends the requests of test cases, by connections in memory, and reads the answers as clients do. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { brotliDecompress, inflate, gunzip, zstdDecompress } from 'node:zlib';
import type { CaseRequest } from '../../config/cases/test-case.ts';
import { http } from '../../core/node-http.ts';
import type { Duplex } from 'node:stream';

/** What a client gets. */
export interface CaseAnswer {
  readonly status: number;
  /** Names in lower case, with all their values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Without its content coding. */
  readonly body: string;
}

/** The parts of the URL that a request is for. */
export interface Destination {
  /** Path and query. */
  readonly path: string;
  /** `undefined`: any. */
  readonly host: string | undefined;
  /** `undefined`: as the gateway listens. */
  readonly isSecure: boolean | undefined;
}

export function destinationOf(url: string): Destination {
  const [, scheme, host, path = ''] = /^(?:(https?):\/\/([^/?#]*))?(.*)$/is.exec(url) ?? [];
  return {
    path: path.startsWith('/') || scheme === undefined ? path : `/${path}`,
    host,
    isSecure: scheme === undefined ? undefined : scheme === 'https',
  };
}

/**
 * Sends `request` over `connection`.
 *
 * @throws what Node says of an answer that does not come, or cannot be read
 */
export async function send(connection: Duplex, request: CaseRequest): Promise<CaseAnswer> {
  const { path, host } = destinationOf(request.url);
  const body = bytesOf(request.body);
  const headers: OutgoingHttpHeaders = {
    host: host ?? 'localhost',
    ...(body !== undefined && {
      'content-type': typeof request.body === 'string' ? 'text/plain' : 'application/json',
      'content-length': body.length,
    }),
    ...(request.headers as Readonly<Record<string, string | string[]>>),
  };
  const sent = http.request({
    createConnection: () => connection,
    method: request.method,
    path,
    headers,
    setHost: false,
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', reject);
    sent.end(body);
  });
  return answerOf(response, await buffer(response));
}

export const bytesOf = (body: unknown): Buffer | undefined => {
  if (body === undefined) return undefined;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

async function answerOf(
  { statusCode = 0, rawHeaders }: IncomingMessage,
  bytes: Buffer,
): Promise<CaseAnswer> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), rawHeaders[i + 1]!]);
  }
  const coding = headers.get('content-encoding')?.join() ?? '';
  const body = bytes.length === 0 ? bytes : await (DECODERS[coding]?.(bytes) ?? bytes);
  return { status: statusCode, headers, body: body.toString() };
}

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};
