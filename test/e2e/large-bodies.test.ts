import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FIGURE_TRIES, LEAVES_WITHIN_MS, size } from '../helpers/figures.ts';
import { startGatewayProcess } from './gateway-process.ts';

/** V8 by itself lets 64 MiB of buffers gather before it collects any: less would tell nothing of memory. */
const MIB = size('LARGE_BODY_MIB', 96, 200);
const CHUNK = Buffer.alloc(65_536, 'x');
const CHUNKS = (MIB * 1_048_576) / CHUNK.length;
const PROCESS_LIMIT_MIB = 200;
/** What one body may add to a gateway that has just started. */
const GROWTH_LIMIT_MIB = 60;

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void | Promise<void>;

async function startUpstream(answer: Answer): Promise<string> {
  const server = createServer((incoming, response) => void answer(incoming, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startForwarding(upstream: string) {
  return startGatewayProcess({
    telemetry: { logs: { level: 'info', access: false } },
    upstreams: { files: { targets: [upstream] } },
    routes: {
      files: { match: { path: '/*' }, upstream: 'files', limits: { body: '1GiB' } },
    },
  });
}

/** Writes chunks as fast as they are taken; stops where `stream` ends before. */
async function writeChunks(
  stream: NodeJS.WritableStream & { readonly destroyed?: boolean },
  count: number,
): Promise<void> {
  const closed = once(stream, 'close').catch(() => undefined);
  for (let i = 0; i < count && stream.destroyed !== true; i++) {
    if (!stream.write(CHUNK)) await Promise.race([once(stream, 'drain'), closed]);
  }
}

async function countBytes(stream: IncomingMessage): Promise<number> {
  let total = 0;
  for await (const chunk of stream) total += (chunk as Buffer).length;
  return total;
}

describe(`bodies of ${MIB} MiB`, () => {
  test('an upload arrives whole, in little memory', async () => {
    const received = Promise.withResolvers<number>();
    const upstream = await startUpstream(async (incoming, response) => {
      received.resolve(await countBytes(incoming));
      response.end('thanks');
    });
    const gateway = await startForwarding(upstream);
    const idleMiB = gateway.memoryMiB();

    const upload = request(`${gateway.url}/upload`, { method: 'POST' });
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    await writeChunks(upload, CHUNKS);
    upload.end();
    const [response] = await answered;

    expect(response.statusCode).toBe(200);
    expect(await received.promise).toBe(CHUNKS * CHUNK.length);
    expect(gateway.peakMiB()).toBeLessThan(PROCESS_LIMIT_MIB);
    expect(gateway.peakMiB() - idleMiB).toBeLessThan(GROWTH_LIMIT_MIB);
    response.resume();
  });

  test('a download to a reader that pauses arrives whole, in little memory', async () => {
    const upstream = await startUpstream(async (_incoming, response) => {
      await writeChunks(response, CHUNKS);
      response.end();
    });
    const gateway = await startForwarding(upstream);
    const idleMiB = gateway.memoryMiB();

    const [response] = (await once(get(`${gateway.url}/download`), 'response')) as [
      IncomingMessage,
    ];
    let total = 0;
    let pauses = 0;
    for await (const chunk of response) {
      total += (chunk as Buffer).length;
      if (total > ((pauses + 1) * MIB * 1_048_576) / 4 && pauses < 3) {
        pauses += 1;
        await sleep(300);
      }
    }

    expect(total).toBe(CHUNKS * CHUNK.length);
    expect(pauses).toBe(3);
    expect(gateway.peakMiB()).toBeLessThan(PROCESS_LIMIT_MIB);
    expect(gateway.peakMiB() - idleMiB).toBeLessThan(GROWTH_LIMIT_MIB);
  });

  test(
    'a client that leaves half way through its upload is seen to leave at once',
    FIGURE_TRIES,
    async () => {
      const aborted = Promise.withResolvers<number>();
      const upstream = await startUpstream((incoming) => {
        incoming.resume();
        incoming.once('close', () => aborted.resolve(performance.now()));
      });
      const gateway = await startForwarding(upstream);

      const upload = request(`${gateway.url}/upload`, { method: 'POST' });
      upload.on('error', () => undefined);
      await writeChunks(upload, CHUNKS / 2);
      const leftAt = performance.now();
      upload.destroy();

      expect((await aborted.promise) - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
    },
  );

  test(
    'a client that leaves half way through its download ends it upstream at once',
    FIGURE_TRIES,
    async () => {
      const aborted = Promise.withResolvers<number>();
      const upstream = await startUpstream(async (_incoming, response) => {
        response.once('close', () => aborted.resolve(performance.now()));
        await writeChunks(response, CHUNKS);
        response.end();
      });
      const gateway = await startForwarding(upstream);

      const [response] = (await once(get(`${gateway.url}/download`), 'response')) as [
        IncomingMessage,
      ];
      let total = 0;
      for await (const chunk of response) {
        total += (chunk as Buffer).length;
        if (total > (MIB * 1_048_576) / 2) break;
      }
      const leftAt = performance.now();
      response.destroy();

      expect((await aborted.promise) - leftAt).toBeLessThan(LEAVES_WITHIN_MS);
    },
  );
});
