/**
 * The floor behind HTTP/2: `node:http2` over TLS in, undici's `dispatch` out; no routing, no limits, no header rules
 * but those without which the request would not be valid.
 */
import { readFileSync } from 'node:fs';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type Http2SecureServer,
} from 'node:http2';
import type { Dispatcher } from 'undici';
import { TLS } from '../place.ts';
import { announce, listen, required } from '../serve.ts';
import { poolOf } from './pool.ts';

const pool = poolOf(required('UPSTREAM'));

class Relay implements Dispatcher.DispatchHandler {
  readonly #stream: ServerHttp2Stream;
  #head: IncomingHttpHeaders = {};
  #body: Buffer | undefined;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    const { connection: _connection, 'keep-alive': _keepAlive, ...fields } = headers;
    this.#head = { ':status': String(status), ...fields };
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#body = this.#body === undefined ? chunk : Buffer.concat([this.#body, chunk]);
  }

  onResponseEnd(): void {
    if (this.#stream.destroyed) return;
    this.#stream.respond(this.#head);
    this.#stream.end(this.#body);
  }

  onResponseError(): void {
    this.#stream.destroy();
  }
}

const server: Http2SecureServer = createSecureServer({
  cert: readFileSync(TLS.cert),
  key: readFileSync(TLS.key),
});
server.on(
  'stream',
  (stream: ServerHttp2Stream, { ':path': path = '/', ':authority': host = '', ...rest }) => {
    // A client that leaves is nothing to end for.
    stream.on('error', () => undefined);
    const headers: Record<string, string> = { host };
    for (const [name, value] of Object.entries(rest)) {
      if (!name.startsWith(':')) headers[name] = String(value);
    }
    pool.dispatch({ path, method: 'GET', headers }, new Relay(stream));
  },
);

announce(await listen(server, 'https'));
