/** A gateway whose clients speak gRPC-Web, in front of a service of gRPC. */
import { type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import type { ManualClock } from '../helpers/clock.ts';
import { startStock, type StockHandlers } from '../helpers/grpc.ts';

export interface Settings {
  readonly route?: object;
  readonly upstream?: object;
  readonly config?: object;
  readonly clock?: ManualClock;
}

/** A gateway in front of `origin` whose clients speak gRPC-Web. */
export async function inFrontOf(
  origin: string,
  { route, upstream, config, clock }: Settings = {},
): Promise<string> {
  const { url } = await startGateway({
    ...(clock && { clock }),
    config: {
      server: { http2: 'prior' },
      upstreams: { up: { targets: [origin], http2: true, retry: false, ...upstream } },
      routes: { all: forwardTo('/*', { grpcWeb: {}, ...route }) },
      ...config,
    },
  });
  return url;
}

export const serving = async (handlers: StockHandlers, settings?: Settings): Promise<string> =>
  inFrontOf((await startStock(handlers)).url, settings);

/** Answers with the message it gets, and tells in its metadata what came with it. */
export const echo: handleUnaryCall<Buffer, Buffer> = ({ metadata, request }, done) => {
  const head = new Metadata();
  head.set('x-head', 'h');
  const trailers = new Metadata();
  trailers.set('x-came', JSON.stringify(metadata.getMap()));
  trailers.set('x-raw-bin', Buffer.from([0, 255]));
  done(null, Buffer.from(`got ${request.toString()}`), trailers);
};
