/** Streams on which nobody says anything for long. */
import { expect, test } from 'vitest';
import { PING_MS } from '../../src/upstream/connector.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { manualClock } from '../helpers/clock.ts';
import { get, startStock, stockClient } from '../helpers/grpc.ts';
import { open } from './support/outcome.ts';

const HOUR_MS = 3_600_000;
/** In place of the pings, which no fake clock sends, another call keeps the connection alive. */
const STEP_MS = 2 * PING_MS;

/** A service that sends every message back, behind a gateway whose hours pass at once. */
async function inFrontOf(route: object) {
  const { url: origin } = await startStock({
    Get: ({ request }, done) => done(null, request),
    Talk(call) {
      call.on('data', (message: Buffer) => call.write(message));
      call.on('end', () => call.end());
    },
  });
  const clock = manualClock();
  const { url } = await startGateway({
    clock,
    config: {
      server: { http2: 'prior' },
      upstreams: { up: { targets: [origin], http2: true, retry: false } },
      routes: { all: forwardTo('/*', route) },
    },
  });
  return { client: stockClient(url), clock };
}

test('a stream of both sides may be quiet for an hour, as long as the route says so', async () => {
  const { client, clock } = await inFrontOf({ stream: { idle: '90m' } });
  const call = open(client, {});
  call.send('before');
  expect(await call.next()).toBe('before');
  for (let passed = 0; passed < HOUR_MS; passed += STEP_MS) {
    clock.advance(STEP_MS);
    expect(await get(client)).toMatchObject({ code: 0 });
  }
  call.send('after');
  expect(await call.next()).toBe('after');
  call.end();
  expect(await call.outcome).toMatchObject({ code: 0 });
});

test('a stream that is quiet for longer ends with a status', async () => {
  const { client, clock } = await inFrontOf({ stream: { idle: '10m' } });
  const call = open(client, {});
  call.send('before');
  await call.next();
  for (let passed = 0; passed < HOUR_MS / 6; passed += STEP_MS) {
    clock.advance(STEP_MS);
    await get(client);
  }
  expect(await call.outcome).toMatchObject({ code: 4, messages: ['before'] });
});
