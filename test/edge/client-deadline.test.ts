import { once } from 'node:events';
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../helpers/clock.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { framed, get, startStock, stockClient, talk } from '../helpers/grpc.ts';
import { answerOf, ask, openH2 } from '../helpers/h2-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { eventually } from '../helpers/upstream.ts';
import { pair } from '../listener/gateway.ts';

/** A gateway in front of `origin`, whose circuit opens at the first failure. */
const inFrontOf = (origin: string, clock?: ManualClock) =>
  startGateway({
    ...(clock && { clock }),
    config: {
      server: { tls: pair('server') },
      admin: { port: 0 },
      upstreams: {
        up: { targets: [origin], http2: true, breaker: { consecutive: 1 }, retry: false },
      },
      routes: { all: forwardTo('/*') },
    },
  });

/** Opens a call of gRPC that gives `timeout`. */
async function open(url: string, timeout: string): Promise<ClientHttp2Stream> {
  const stream = ask(await openH2(url), {
    ':method': 'POST',
    'content-type': 'application/grpc',
    'grpc-timeout': timeout,
  });
  stream.end(framed('x'));
  return stream;
}

const called = async (url: string, timeout: string) => answerOf(await open(url, timeout));

const circuitOf = async (adminUrl: string | undefined): Promise<unknown> => {
  const status = (await (await fetch(`${adminUrl}/status`)).json()) as {
    readonly upstreams: readonly { readonly circuit: string }[];
  };
  return status.upstreams[0]!.circuit;
};

test('ends a stream whose answer has begun, and blames nobody', async () => {
  let isReset = false;
  const { url: origin } = await startH2((stream) => {
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(framed('one'));
    stream.on('aborted', () => (isReset = true));
    stream.on('error', () => undefined);
  });
  const clock = manualClock();
  const { gateway } = await inFrontOf(origin, clock);
  const stream = await open(gateway.url, '20S');
  const answer = answerOf(stream);
  await once(stream, 'data');
  clock.advance(20_000);
  expect((await answer).trailers).toMatchObject({
    'grpc-status': '4',
    'grpc-message': 'The time that the client gives is over: the client waits for 20S only',
  });
  await eventually(() => isReset);
  expect(await circuitOf(gateway.adminUrl)).toBe('closed');
});

test('ends the wait for an answer', async () => {
  const { url: origin } = await startH2((stream) => void stream.on('error', () => undefined));
  const { gateway } = await inFrontOf(origin);
  const { trailers } = await called(gateway.url, '100m');
  expect(trailers).toMatchObject({ 'grpc-status': '4' });
  expect(await circuitOf(gateway.adminUrl)).toBe('closed');
});

test('goes on to the upstream as what is left of it', async () => {
  const asked: IncomingHttpHeaders[] = [];
  const { url: origin } = await startH2((stream, headers) => {
    asked.push(headers);
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' },
      { endStream: true },
    );
  });
  const { gateway } = await inFrontOf(origin);
  await called(gateway.url, '60S');
  const left = /^(\d+)m$/.exec(String(asked[0]!['grpc-timeout']));
  expect(Number(left?.[1])).toBeLessThanOrEqual(60_000);
  expect(Number(left?.[1])).toBeGreaterThan(50_000);
});

test('that cannot be read is a fault of the client', async () => {
  const { gateway } = await inFrontOf('http://127.0.0.1:1');
  const { trailers } = await called(gateway.url, '5 minutes');
  expect(trailers).toMatchObject({ 'grpc-status': '3' });
  expect(trailers['grpc-message']).toMatch(/grpc-timeout must be at most 8 digits and a unit/);
});

test('is heeded for a client of the usual package', async () => {
  let isCancelled = false;
  const { url: origin } = await startStock({
    Get: () => undefined,
    Talk: (call) => void call.on('cancelled', () => (isCancelled = true)),
  });
  const { gateway } = await inFrontOf(origin);
  const client = stockClient(gateway.url);
  expect(await get(client, 'x', { deadlineMs: 150 })).toMatchObject({ code: 4 });
  const call = talk(client, { deadlineMs: 150 });
  const [code] = await new Promise<[number]>((resolve) => {
    call.on('error', () => undefined);
    call.on('status', (status) => resolve([status.code]));
  });
  expect(code).toBe(4);
  await eventually(() => isCancelled);
});
