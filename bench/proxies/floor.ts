/**
 * The floor: the minimum for a proxy on Node. `node:http` in, undici's `dispatch` out, head and
 * body written in one go; no routing, no header rules, no limits, no error handling.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { announce, listen, required } from '../serve.ts';
import { UPSTREAM_CONNECTIONS } from './connections.ts';

const pool = new Pool(required('UPSTREAM'), {
  connections: UPSTREAM_CONNECTIONS,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
});

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #body: Buffer | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#body = this.#body === undefined ? chunk : Buffer.concat([this.#body, chunk]);
  }

  onResponseEnd(): void {
    this.#response.writeHead(this.#status, this.#headers);
    this.#response.end(this.#body);
  }

  onResponseError(): void {
    this.#response.destroy();
  }
}

const server = createServer(({ url = '/', headers }, response) => {
  pool.dispatch({ path: url, method: 'GET', headers }, new Relay(response));
});

announce(await listen(server));
