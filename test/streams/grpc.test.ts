/** Calls of gRPC that last. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { LASTING_MS } from '../../src/upstream/lasting-answer.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { manualClock } from '../helpers/clock.ts';
import { get, startStock, stockClient, talk, watch } from '../helpers/grpc.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf, pair } from '../listener/gateway.ts';

type Watching = ServerWritableStream<Buffer, Buffer>;
type Talking = ServerDuplexStream<Buffer, Buffer>;

/** A server whose streams stay open: one message at once, then what the test writes. */
async function stock() {
  const watching: Watching[] = [];
  const talking: Talking[] = [];
  const { url } = await startStock({
    Get: (call, answer) => answer(null, call.request),
    Watch: (call) => {
      watching.push(call);
      call.on('cancelled', () => watching.splice(watching.indexOf(call), 1));
      call.write(Buffer.from('first'));
    },
    Talk: (call) => {
      talking.push(call);
      call.on('cancelled', () => talking.splice(talking.indexOf(call), 1));
      call.on('data', () => undefined);
      call.write(Buffer.from('first'));
    },
  });
  return { url, watching, talking };
}

interface GrpcGatewayOptions {
  readonly clock: Clock;
  readonly stream?: object;
  readonly upstream?: object;
  readonly limits?: object;
}

async function grpcGateway(
  target: string,
  { stream, upstream, limits, clock }: GrpcGatewayOptions,
) {
  const gateway = await startGateway({
    clock,
    config: {
      admin: { port: 0 },
      server: {
        tls: pair('server'),
        shutdown: { grace: '5s' },
        ...(limits !== undefined && { limits }),
      },
      upstreams: { up: { targets: [target], http2: true, retry: false, ...upstream } },
      routes: {
        all: { match: { path: '/*' }, upstream: 'up', ...(stream !== undefined && { stream }) },
      },
    },
  });
  return { ...gateway, client: stockClient(gateway.url) };
}

describe('a call of gRPC', () => {
  test('moves from its slot to a place among the streams once it has lasted', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, {
      clock,
      upstream: { bulkhead: { concurrency: 1, queue: 0 } },
    });
    const watched = watch(client);
    await eventually(() => server.watching.length === 1);
    // Its head may be on its way.
    let refused = await get(client);
    expect(refused.code).toBe(14);

    for (let i = 0; i < 100 && refused.code !== 0; i++) {
      clock.advance(LASTING_MS / 10);
      refused = await get(client);
    }

    expect(refused).toMatchObject({ code: 0, message: 'x' });
    expect(await metricsOf(gateway)).toContain('portico_streams_open{route="all",kind="grpc"} 1');
    server.watching[0]!.end();
    expect(await watched).toMatchObject({ code: 0, messages: ['first'] });
    expect(await metricsOf(gateway)).toContain(
      'portico_streams_total{route="all",kind="grpc",code="0"} 1',
    );
  });

  test('that is unary is no stream', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, { clock });
    for (let i = 0; i < 5; i++) expect((await get(client)).code).toBe(0);
    clock.advance(LASTING_MS * 2);

    expect(await metricsOf(gateway)).not.toMatch(/portico_streams_(open|total)\{/);
  });

  test('keeps its slot while all places are taken', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, {
      clock,
      upstream: { sockets: 1 },
    });
    const all = [watch(client), watch(client)];
    await eventually(() => server.watching.length === 2);
    await lasting(gateway, clock, 1);
    clock.advance(LASTING_MS * 2);
    expect(await metricsOf(gateway)).toMatch(/portico_streams_open\{[^}]*\} 1\n/);

    for (const call of server.watching) call.end();
    expect((await Promise.all(all)).map(({ code }) => code)).toEqual([0, 0]);
  });

  test('ends with UNAVAILABLE at a stop, after a message', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, { clock });
    const watched = watch(client);
    await eventually(() => server.watching.length === 1);
    await lasting(gateway, clock, 1);

    const closed = gateway.gateway.close();

    expect(await watched).toMatchObject({
      code: 14,
      messages: ['first'],
      details: 'Gateway is shutting down: the stream ends with the gateway',
    });
    expect(await closed).toBe(true);
    await eventually(() => server.watching.length === 0);
  });

  test('ends with UNAVAILABLE at its maxAge', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, {
      clock,
      stream: { maxAge: '20s' },
    });
    const watched = watch(client);
    await eventually(() => server.watching.length === 1);
    await lasting(gateway, clock, 1);
    clock.advance(20_000);

    expect(await watched).toMatchObject({ code: 14, messages: ['first'] });
    expect(await metricsOf(gateway)).toContain(
      'portico_streams_total{route="all",kind="grpc",code="14"} 1',
    );
  });

  test('ends with RESOURCE_EXHAUSTED where its client has too many', async () => {
    const server = await stock();
    const clock = manualClock();
    const { client, ...gateway } = await grpcGateway(server.url, {
      clock,
      stream: { perConsumer: 1 },
    });
    const first = watch(client);
    await eventually(() => server.watching.length === 1);
    await lasting(gateway, clock, 1);
    const second = watch(client);
    await eventually(() => server.watching.length === 2);
    await eventually(() => {
      clock.advance(LASTING_MS / 10);
      return server.watching.length === 1;
    });

    expect(await second).toMatchObject({ code: 8 });
    server.watching[0]!.end();
    expect(await first).toMatchObject({ code: 0 });
  });
});

describe('idle', () => {
  test('counts what either side sends', async () => {
    const server = await stock();
    const { client } = await grpcGateway(server.url, {
      stream: { idle: '600ms' },
      upstream: { idleTimeout: '100ms' },
      clock: systemClock,
    });
    const call = talk(client);
    const status = new Promise<number>((resolve) => {
      call.on('status', ({ code }: { readonly code: number }) => resolve(code));
    });
    call.on('error', () => undefined);
    await once(call, 'data');
    let heard = 0;
    server.talking[0]!.on('data', () => (heard += 1));
    for (let i = 1; i <= 4; i++) {
      await sleep(300);
      call.write(Buffer.from('still here'));
      await eventually(() => heard === i);
    }
    await sleep(300);
    server.talking[0]!.write(Buffer.from('me too'));
    await once(call, 'data');
    await sleep(300);
    expect(server.talking).toHaveLength(1);

    // GW_UPSTREAM_TIMEOUT, of a stream on which nobody spoke.
    expect(await status).toBe(4);
  });

  test('bounds a client that has not been answered, instead of the limit of the server', async () => {
    const asked = Promise.withResolvers<void>();
    const { url } = await startStock({
      Count: (call, answer) => {
        let count = 0;
        call.on('data', () => {
          count += 1;
          asked.resolve();
        });
        call.on('end', () => answer(null, Buffer.from(`${count}`)));
      },
    });
    const { client } = await grpcGateway(url, {
      stream: { idle: '1m' },
      limits: { idle: '300ms' },
      clock: systemClock,
    });
    const counted = Promise.withResolvers<string>();
    const call = client.makeClientStreamRequest(
      '/shop.Stock/Count',
      (value: Buffer) => value,
      (value: Buffer) => value,
      (error, value) => (error ? counted.reject(error) : counted.resolve(String(value))),
    );
    call.write(Buffer.from('1'));
    await asked.promise;
    await sleep(700);
    call.write(Buffer.from('2'));
    call.end();

    expect(await counted.promise).toBe('2');
  });
});

/** Lets time pass until `count` streams are told of. */
async function lasting(
  gateway: Parameters<typeof metricsOf>[0],
  clock: ReturnType<typeof manualClock>,
  count: number,
): Promise<void> {
  const told = new RegExp(`portico_streams_open\\{[^}]*\\} ${count}\\n`);
  for (let i = 0; i < 200; i++) {
    clock.advance(LASTING_MS / 10);
    if (told.test(await metricsOf(gateway))) return;
  }
  throw new Error(`not ${count} streams`);
}
