/** Many calls at once over few connections, and what they leave behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, constants } from 'node:http2';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { size } from '../helpers/figures.ts';
import { framed, type StockHandlers, startStock } from '../helpers/grpc.ts';
import { openH2 } from '../helpers/h2-client.ts';
import { eventually } from '../helpers/upstream.ts';

/** Streams of one connection at once. */
const STREAMS = 100;

/** A gateway over h2c whose bulkhead just holds what one connection may ask at once. */
async function inFrontOf(handlers: StockHandlers) {
  const { url: origin } = await startStock(handlers);
  const { url, gateway } = await startGateway({
    config: {
      server: { http2: 'prior' },
      upstreams: {
        up: {
          targets: [origin],
          http2: true,
          retry: false,
          breaker: false,
          bulkhead: { concurrency: STREAMS, queue: 0 },
        },
      },
      routes: { all: forwardTo('/*') },
    },
  });
  const used = () => gateway.status().upstreams[0]?.slots.used;
  return { url, used };
}

test('h2load gets every answer over a hundred streams of one connection', async (context) => {
  if (spawnSync('h2load', ['--version']).error !== undefined)
    context.skip('h2load is not installed');
  const calls = size('GRPC_CALLS', 2_000, 20_000);
  const { url, used } = await inFrontOf({ Get: ({ request }, done) => done(null, request) });
  const folder = mkdtempSync(join(tmpdir(), 'portico-h2load-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const message = join(folder, 'message');
  writeFileSync(message, framed('hello'));
  const options = `-n ${calls} -c 1 -m ${STREAMS} -H content-type:application/grpc -H te:trailers -d`;
  const told = [...options.split(' '), message, `${url}/shop.Stock/Get`];
  const h2load = spawn('h2load', told, { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = Buffer.concat((await h2load.stdout.toArray()) as Buffer[]).toString();
  expect(text).toContain(`${calls} succeeded, 0 failed, 0 errored, 0 timeout`);
  // The code is in the trailers, which h2load does not look at; a refused call would have no message.
  expect(Number(/\((\d+)\) data/.exec(text)?.[1])).toBe(calls * framed('hello').length);
  expect(used()).toBe(0);
});

/** Opens as many streams as one connection may, and resets all of them once the service has them. */
async function openAndReset(session: ClientHttp2Session, arrived: () => number): Promise<void> {
  const before = arrived();
  const streams = Array.from({ length: STREAMS }, () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/shop.Stock/Talk',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    stream.write(framed('x'));
    return stream;
  });
  await eventually(() => arrived() === before + STREAMS);
  const closed = streams.map((stream) => once(stream, 'close'));
  for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
  await Promise.all(closed);
}

test('streams that are opened and reset leave no slot taken, and no call at the service', async () => {
  const rounds = size('GRPC_RESETS', 1_000, 10_000) / STREAMS;
  const state = { arrived: 0, open: 0 };
  const { url, used } = await inFrontOf({
    Talk(call) {
      state.arrived += 1;
      state.open += 1;
      call.once('cancelled', () => (state.open -= 1));
    },
  });
  let session = await openH2(url);
  for (let round = 0; round < rounds; round++) {
    // More of these on one connection are taken for an attack.
    if (round > 0 && round % 2 === 0) {
      session.close();
      session = await openH2(url);
    }
    await openAndReset(session, () => state.arrived);
    await eventually(() => used() === 0);
  }
  await eventually(() => state.open === 0);
  expect(state.arrived).toBe(rounds * STREAMS);
});
