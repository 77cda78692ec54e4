/**
 * The floor for bodies of any length: `node:http` in, undici's `dispatch` out, each chunk passed on as it comes, and
 * no faster than it is taken.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { announce, listen, required } from '../serve.ts';
import { poolOf } from './pool.ts';

const pool = poolOf(required('UPSTREAM'));

class Pipe implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    const resume = (): void => controller.resume();
    this.#response.on('drain', resume);
    // The rest for a client that has left is read all the same, so that the socket can be used again.
    this.#response.on('close', resume);
    this.#response.writeHead(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk) && !this.#response.destroyed) controller.pause();
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(): void {
    this.#response.destroy();
  }
}

const server = createServer((request, response) => {
  const { url: path = '/', headers } = request;
  const method = request.method as Dispatcher.HttpMethod;
  const body = method === 'POST' ? request : null;
  pool.dispatch({ path, method, headers, body }, new Pipe(response));
});

announce(await listen(server));
