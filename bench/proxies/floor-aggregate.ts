/**
 * The minimum for an aggregate on Node: parallel calls by undici's `dispatch`, one for each of
 * `PARTS`, their texts parsed, one written; no routing, no header rules, no limits, no error handling.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { announce, listen, required } from '../serve.ts';
import { poolOf } from './pool.ts';

const PARTS = required('PARTS')
  .split(',')
  .map((name) => ({ name, pool: poolOf(required('UPSTREAM')) }));

class Answer {
  readonly #response: ServerResponse;
  readonly #values: Record<string, unknown> = {};
  #left = PARTS.length;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  add(name: string, body: Buffer): void {
    this.#values[name] = JSON.parse(body.toString());
    this.#left -= 1;
    if (this.#left > 0) return;
    const text = JSON.stringify(this.#values);
    this.#response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    this.#response.end(text);
  }

  destroy(): void {
    this.#response.destroy();
  }
}

class Part implements Dispatcher.DispatchHandler {
  readonly #answer: Answer;
  readonly #name: string;
  readonly #chunks: Buffer[] = [];

  constructor(answer: Answer, name: string) {
    this.#answer = answer;
    this.#name = name;
  }

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#answer.add(this.#name, Buffer.concat(this.#chunks));
  }

  onResponseError(): void {
    this.#answer.destroy();
  }
}

const server = createServer(({ url = '/', headers }, response) => {
  const answer = new Answer(response);
  for (const { name, pool } of PARTS) {
    pool.dispatch({ path: url, method: 'GET', headers }, new Part(answer, name));
  }
});

announce(await listen(server));
