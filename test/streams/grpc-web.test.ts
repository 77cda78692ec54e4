/** Streams of gRPC that pages read as gRPC-Web. */
import type { ServerWritableStream } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { LASTING_MS } from '../../src/upstream/lasting-answer.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { manualClock } from '../helpers/clock.ts';
import { BINARY, openWeb, readFrames, TEXT } from '../helpers/grpc-web.ts';
import { startStock } from '../helpers/grpc.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf } from '../listener/gateway.ts';

test.each([
  ['bytes', BINARY],
  ['text', TEXT],
])(
  'as %s they hold no slot once they last, and end with a status at a stop',
  async (_form, type) => {
    const open: ServerWritableStream<Buffer, Buffer>[] = [];
    const { url } = await startStock({
      Get: (call, answer) => answer(null, call.request),
      Watch: (call) => {
        open.push(call);
        call.on('cancelled', () => open.splice(open.indexOf(call), 1));
        call.write(Buffer.from('first'));
      },
    });
    const clock = manualClock();
    const gateway = await startGateway({
      clock,
      config: {
        admin: { port: 0 },
        server: { shutdown: { grace: '5s' } },
        upstreams: {
          up: { targets: [url], http2: true, retry: false, bulkhead: { concurrency: 1, queue: 0 } },
        },
        routes: { all: forwardTo('/*', { grpcWeb: {} }) },
      },
    });
    const answer = await openWeb(gateway.url, { path: '/shop.Stock/Watch', type });
    const body = answer.arrayBuffer();
    let told = '';
    for (let i = 0; i < 100 && !told.includes('portico_streams_open{'); i++) {
      clock.advance(LASTING_MS / 10);
      told = await metricsOf(gateway);
    }
    expect(told).toContain('portico_streams_open{route="all",kind="grpc"} 1');
    const other = await openWeb(gateway.url, { path: '/shop.Stock/Get', type });
    expect(readFrames(type, Buffer.from(await other.arrayBuffer())).trailers).toMatchObject({
      'grpc-status': '0',
    });

    expect(await gateway.gateway.close()).toBe(true);

    const { messages, trailers } = readFrames(type, Buffer.from(await body));
    expect(messages).toEqual(['first']);
    expect(trailers).toMatchObject({ 'grpc-status': '14' });
    await eventually(() => open.length === 0);
  },
);
