/** A shop whose services keep a ledger of what was done, by `Idempotency-Key`, and a gateway with a saga over them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Entry {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a service does instead of answering 201; `undefined`: it answers. */
export type Fault = (
  entry: Entry,
  response: ServerResponse,
) => 'handled' | 'cut' | number | Promise<'handled' | 'cut' | number | undefined> | undefined;

/** Of a call that {@link Ledger.repeat} makes. */
export const LATE = 'x-late';

export class Ledger {
  /** Every request, repetitions too. */
  readonly calls: Entry[] = [];
  /** What was done, once for each key, in order: `POST /payments`. */
  readonly effects: string[] = [];
  /** The keys of effects. */
  readonly keys: string[] = [];
  fault: Fault = () => undefined;
  url = '';
  readonly #answers = new Map<string, { readonly status: number; readonly body: string }>();
  #server: Server | undefined;

  async listen(): Promise<this> {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** A call that was sent, and arrives only now. */
  async repeat({ method, path, key, body }: Entry): Promise<void> {
    const headers = { 'idempotency-key': key, [LATE]: 'yes' };
    await fetch(this.url + path, { method, headers, body });
  }

  /** Forgets everything, for the next test. */
  clear(): void {
    for (const list of [this.calls, this.effects, this.keys]) list.length = 0;
    this.#answers.clear();
    this.fault = () => undefined;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url: path = '', headers } = request;
    const entry = { method, path, key: String(headers['idempotency-key']), headers, body };
    this.calls.push(entry);
    const fault = await this.fault(entry, response);
    if (fault === 'handled') return;
    if (typeof fault === 'number') {
      response.writeHead(fault).end();
      return;
    }
    const known = this.#answers.get(entry.key);
    const answer = known ?? {
      status: method === 'DELETE' ? 204 : 201,
      body: JSON.stringify({ id: this.#answers.size + 1, warehouse: 'north', n: 12_345 }),
    };
    if (known === undefined) {
      this.#answers.set(entry.key, answer);
      this.keys.push(entry.key);
      this.effects.push(`${method} ${path.replace(/[0-9a-f-]{36}:/, '')}`);
    }
    if (fault === 'cut') request.socket.destroy();
    else {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.status === 204 ? undefined : answer.body);
    }
  }
}

export async function startLedger(): Promise<Ledger> {
  const ledger = await new Ledger().listen();
  onTestFinished(() => ledger.close());
  return ledger;
}

const undo = (path: string) => ({ upstream: 'shop', method: 'DELETE', path });

/** Reserve, charge, ship, confirm; quick to try again. */
export const FULFILMENT = {
  deadline: '1m',
  undo: { attempts: 3, backoff: '20ms', timeout: '2s', settle: '1s' },
  steps: {
    reserve: {
      call: {
        upstream: 'shop',
        path: '/reservations',
        body: { orderId: '{input.orderId}', items: '{input.items}' },
      },
      pick: ['id', 'warehouse'],
      timeout: '5s',
      backoff: '20ms',
      undo: undo('/reservations/by-key/{key}'),
    },
    charge: {
      call: {
        upstream: 'shop',
        path: '/payments',
        body: { amount: '{input.total}', customer: '{claim.sub}', order: '#{input.orderId}' },
      },
      timeout: '5s',
      backoff: '20ms',
      undo: { upstream: 'shop', path: '/refunds', body: { paymentKey: '{key}' } },
    },
    ship: {
      call: {
        upstream: 'shop',
        path: '/shipments/{reserve.warehouse}',
        query: { order: '{input.orderId}' },
        headers: { 'x-operation': '{operation.id}' },
      },
      timeout: '5s',
      backoff: '20ms',
      undo: undo('/shipments/by-key/{key}'),
    },
    confirm: {
      call: { upstream: 'shop', path: '/orders/{input.orderId}/confirm' },
      timeout: '5s',
      backoff: '20ms',
    },
  },
};

/** A number with more digits than JavaScript keeps. */
export const ORDER = '{"orderId":"o1","total":12345678901234567890,"items":[{"sku":"p1"}]}';
