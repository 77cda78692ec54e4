/** A request without a body, relayed at the lowest cost: head and body are written in one go. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

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

export const relayTo =
  (pool: Pool) =>
  ({ url = '/', headers }: IncomingMessage, response: ServerResponse): void => {
    pool.dispatch({ path: url, method: 'GET', headers }, new Relay(response));
  };
