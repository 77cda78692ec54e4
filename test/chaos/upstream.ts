/**
 * An upstream that fails as it is told: a real server on a free loopback port.
 *
 * Its fault may be one for all requests, chosen by each request, or switched while it runs. It counts
 * what it saw, so that a test can say what reached it, and how often. It ends with its test.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { quietPort } from '../helpers/quiet-port.ts';
import { DEFAULT_PACE, type Fault, FAULTS, type Pace, type RequestFault } from './faults.ts';

export type FaultChoice = RequestFault | ((request: IncomingMessage) => RequestFault);

/** A request that is left hanging, for the test to answer. */
export interface Held {
  readonly key: string | undefined;
  answer(fault: RequestFault): void;
}

export interface Chaos {
  readonly url: string;
  /** Requests received so far, whole or not. */
  readonly requests: number;
  /** The same by `x-key`. */
  readonly byKey: ReadonlyMap<string, number>;
  /** Answers that the other side did not wait for. */
  readonly aborts: number;
  /** Connections that are open. */
  readonly sockets: number;
  /** Requests under `hang`, oldest first; gone once answered or left. */
  readonly held: readonly Held[];
  /** From now on; open requests keep what they met. `refuse` cuts them, and closes the port. */
  behave(choice: FaultChoice | 'refuse'): Promise<void>;
}

/** Starts one. `pace`: its times, where the usual ones will not do. */
export async function startChaos(
  choice: FaultChoice | 'refuse' = 'ok',
  pace: Partial<Pace> = {},
): Promise<Chaos> {
  const chaos = new ChaosServer({ ...DEFAULT_PACE, ...pace });
  await chaos.listen(await quietPort());
  onTestFinished(() => chaos.close());
  await chaos.behave(choice);
  return chaos;
}

class ChaosServer implements Chaos {
  requests = 0;
  aborts = 0;
  held: Held[] = [];
  readonly byKey = new Map<string, number>();
  readonly #pace: Pace;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #choice: FaultChoice = 'ok';
  #port = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
    this.#server = createServer({ keepAliveTimeout: pace.keepAliveMs }, (request, response) =>
      this.#take(request, response),
    );
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  async listen(port: number): Promise<void> {
    // All of a flood arrives at once.
    await once(this.#server.listen({ port, host: '127.0.0.1', backlog: 2_048 }), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async behave(choice: FaultChoice | 'refuse'): Promise<void> {
    if (choice === 'refuse') {
      await this.close();
      return;
    }
    this.#choice = choice;
    if (!this.#server.listening) await this.listen(this.#port);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    const key = request.headers['x-key'] as string | undefined;
    if (key !== undefined) this.byKey.set(key, (this.byKey.get(key) ?? 0) + 1);
    const fault = typeof this.#choice === 'function' ? this.#choice(request) : this.#choice;
    let isOurs = false;
    response.once('close', () => {
      if (!isOurs && !response.writableFinished) this.aborts += 1;
    });
    const play = (chosen: RequestFault): void => {
      isOurs = ENDED_BY_US.has(chosen);
      FAULTS[chosen](response, this.#pace);
    };
    if (fault === 'hang') this.#hold(key, response, play);
    // A fault of the answer, not of the upload: the request is read first.
    request.resume().once('end', () => play(fault));
  }

  #hold(
    key: string | undefined,
    response: ServerResponse,
    play: (fault: RequestFault) => void,
  ): void {
    const drop = (): void => {
      this.held = this.held.filter((each) => each !== held);
    };
    const held: Held = {
      key,
      answer: (fault) => {
        drop();
        play(fault);
      },
    };
    this.held.push(held);
    response.once('close', drop);
  }
}

/** With these it is not the other side that leaves. */
const ENDED_BY_US: ReadonlySet<Fault> = new Set([
  'resetBeforeHead',
  'resetAfterHead',
  'cutBody',
  'cutChunks',
  'garbage',
]);
