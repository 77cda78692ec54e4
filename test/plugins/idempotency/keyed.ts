/** A gateway with one route that heeds idempotency keys, and clients of it. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { TestGateway, TestGatewayOptions } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import who from '../../operations/who.ts';

export { who };

export interface KeyedOptions extends Omit<TestGatewayOptions, 'config' | 'route'> {
  /** Of the upstream `up`, if it is a real one. */
  readonly url?: string;
  readonly idempotency?: object;
  /** Other keys of the route. */
  readonly route?: object;
  readonly upstream?: object;
  readonly store?: unknown;
  readonly config?: object;
}

/** The route `pay` at `/pay`, for the upstream `up`. */
export async function keyed({
  url,
  idempotency = {},
  route = {},
  upstream = {},
  store,
  config = {},
  ...options
}: KeyedOptions): Promise<Keyed> {
  const gateway = await startGateway({
    plugins: [who],
    ...options,
    config: {
      admin: { port: 0 },
      ...(store !== undefined && { plugins: { idempotency: { store } } }),
      upstreams: {
        up: { ...(url !== undefined && { targets: [url] }), retry: false, ...upstream },
      },
      routes: { pay: { match: { path: '/pay' }, who: {}, upstream: 'up', idempotency, ...route } },
      ...config,
    },
  });
  return new Keyed(gateway);
}

export interface Payment {
  readonly key?: string;
  readonly who?: string;
  readonly body?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Paid {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a problem document. */
  readonly code: string | undefined;
  readonly isReplayed: boolean;
}

export class Keyed {
  readonly gateway: TestGateway;

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  async pay(payment: Payment = {}): Promise<Paid> {
    const {
      key,
      who: name = 'ada',
      body = '{"amount":1}',
      method = 'POST',
      path = '/pay',
    } = payment;
    const response = await this.gateway.fetch(path, {
      method,
      headers: {
        'x-who': name,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
        ...payment.headers,
      },
      ...(method !== 'GET' && { body }),
    });
    const { status, headers } = response;
    const text = await response.text();
    const isProblem = headers.get('content-type') === 'application/problem+json';
    const code = isProblem
      ? (JSON.parse(text) as { type: string }).type.replace('urn:portico:error:', '')
      : undefined;
    return {
      status,
      headers,
      text,
      code,
      isReplayed: headers.get('idempotency-replayed') === 'true',
    };
  }

  /** Sends a payment and leaves without waiting for an answer. @returns what leaves */
  begin({
    key = randomUUID(),
    who: name = 'ada',
    body = '{"amount":1}',
    path = '/pay',
  }: Payment): () => void {
    const socket = connect(Number(new URL(this.gateway.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: gateway\r\nx-who: ${name}\r\nidempotency-key: ${key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    return () => socket.destroy();
  }

  /** `portico_idempotency_total` by its results, of the route `pay`. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    const text = await (await fetch(`${this.gateway.gateway.adminUrl}/metrics`)).text();
    const found = text.matchAll(
      /^portico_idempotency_total\{route="pay",result="(\w+)"\} (\d+)$/gm,
    );
    return Object.fromEntries([...found].map(([, result, count]) => [result!, Number(count)]));
  }
}
