import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { TestGateway } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, request } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { metricsOf, pair } from '../listener/gateway.ts';
import { recordingLog } from '../plugins/recording-log.ts';

const SLOTS = 8;
const LARGE = Buffer.alloc(32 * 1_048_576);
const VERSIONS = ['HTTP/1.1', 'HTTP/2'] as const;

interface World {
  readonly gateway: TestGateway;
  readonly log: ReturnType<typeof recordingLog>;
  readonly used: () => number | undefined;
  /** Statuses of `count` ordinary requests, one after another. */
  ordinary(count: number): Promise<number[]>;
  /** A `POST` of a longer body than what is collected, of which a byte comes now and then. */
  upload(type?: string): Promise<void>;
  /** Asks for `path` and reads on only where told to; gives the text that came. */
  read(path: string, isReader: boolean): Promise<() => string>;
}

const upstream = (): Promise<string> =>
  startUpstream((asked, response) => {
    if (asked.url === '/events') response.write('data: 1\n\n');
    else if (asked.url === '/wait') setTimeout(() => response.end('waited'), 2_500);
    else if (asked.url === '/large') response.end(LARGE);
    else asked.resume().on('end', () => response.end('ok'));
  });

async function startWorld(version: string): Promise<World> {
  const log = recordingLog();
  const bulkhead = { concurrency: SLOTS, queue: 4, wait: '2s' };
  const gateway = await startGateway({
    log: log.log,
    config: {
      server: version === 'HTTP/2' ? { tls: pair('server') } : {},
      admin: { port: 0 },
      upstreams: { up: { targets: [await upstream()], bulkhead, deadline: '20s', timeout: '20s' } },
      routes: { all: forwardTo('/*') },
    },
  });
  const used = () => gateway.gateway.status().upstreams[0]?.slots.used;
  const clients = version === 'HTTP/2' ? await overHttp2(gateway) : overHttp1(gateway);
  return { gateway, log, used, ...clients };
}

type Clients = Pick<World, 'ordinary' | 'upload' | 'read'>;

function overHttp1({ url }: TestGateway): Clients {
  return {
    async ordinary(count) {
      const statuses: number[] = [];
      for (let i = 0; i < count; i++) {
        statuses.push((await request(url, ['GET / HTTP/1.1', 'Host: a'])).status);
      }
      return statuses;
    },
    async upload(type = 'text/plain') {
      const socket = await open(url);
      const fields = ['Host: a', 'Content-Length: 1000000', `Content-Type: ${type}`];
      socket.write(`${['POST / HTTP/1.1', ...fields].join('\r\n')}\r\n\r\n`);
      drip((bytes) => socket.write(bytes), once(socket, 'close'));
    },
    async read(path, isReader) {
      const socket = await open(url);
      let text = '';
      if (isReader) socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      else socket.pause();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return () => text;
    },
  };
}

async function overHttp2({ url }: TestGateway): Promise<Clients> {
  const session = await openH2(url);
  // Another connection: what one does not read must not keep the others' bytes.
  const others: ClientHttp2Session = await openH2(url);
  return {
    async ordinary(count) {
      const statuses: number[] = [];
      for (let i = 0; i < count; i++) {
        statuses.push((await fetchH2(others, { ':path': '/' })).status);
      }
      return statuses;
    },
    async upload(type = 'text/plain') {
      const fields = { 'content-length': '1000000', 'content-type': type };
      const stream = ask(session, { ':method': 'POST', ':path': '/', ...fields });
      drip((bytes) => stream.write(bytes), once(stream, 'close'));
    },
    async read(path, isReader) {
      const stream = ask(isReader ? others : session, { ':path': path });
      let text = '';
      if (isReader) stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      else stream.pause();
      return () => text;
    },
  };
}

/** A byte five times a second, until it is over. */
function drip(write: (bytes: string) => void, over: Promise<unknown>): void {
  const timer = setInterval(() => write('x'), 200);
  const stop = (): void => clearInterval(timer);
  over.then(stop, stop);
}

const many = (make: () => Promise<unknown>): Promise<unknown> =>
  Promise.all(Array.from({ length: SLOTS }, make));

describe.each(VERSIONS)('over %s', (version) => {
  test.each(['text/plain', 'application/grpc'])(
    'uploads of %s at a byte now and then keep nobody out',
    async (type) => {
      const world = await startWorld(version);
      await many(() => world.upload(type));
      await expect.poll(world.used).toBe(SLOTS);

      expect(await world.ordinary(10)).toEqual(Array.from({ length: 10 }, () => 200));

      expect(world.log.lines()).toContainEqual(
        expect.objectContaining({
          msg: 'a slow client had to give up its slot',
          upstream: 'up',
          route: 'all',
          side: 'upload',
        }),
      );
      expect(await metricsOf(world.gateway)).toMatch(
        /^portico_slots_given_up_total\{upstream="up",side="upload"\} \d+$/m,
      );
    },
  );

  test('readers that take nothing keep nobody out', async () => {
    const world = await startWorld(version);
    await many(() => world.read('/large', false));
    await expect.poll(world.used).toBe(SLOTS);
    expect(await world.ordinary(10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(world.log.lines()).toContainEqual(expect.objectContaining({ side: 'reader' }));
  });

  test('a stream of events and a long poll live on beside them', async () => {
    const world = await startWorld(version);
    const events = await world.read('/events', true);
    const waited = await world.read('/wait', true);
    await expect.poll(world.used).toBe(2);
    await Promise.all(Array.from({ length: SLOTS }, () => world.upload()));
    await sleep(600);

    expect(await world.ordinary(10)).toEqual(Array.from({ length: 10 }, () => 200));

    await expect.poll(waited, { timeout: 10_000 }).toContain('waited');
    expect(events()).toContain('data: 1');
    expect(
      world.log.lines().filter(({ msg }) => msg.includes('had to give up its slot')),
    ).not.toEqual([]);
    expect(world.used()).toBeGreaterThan(0);
  });

  test('slow clients are left alone while nobody waits', async () => {
    const world = await startWorld(version);
    await Promise.all(Array.from({ length: SLOTS - 1 }, () => world.upload()));
    await expect.poll(world.used).toBe(SLOTS - 1);
    await sleep(800);
    expect(await world.ordinary(3)).toEqual([200, 200, 200]);
    expect(world.used()).toBe(SLOTS - 1);
  });
});

test('uploads of one connection that fill slots and queue at once keep no other connection out', async () => {
  const world = await startWorld('HTTP/2');
  // None of them is behind yet, so that none gives way.
  await Promise.all(Array.from({ length: 3 * SLOTS }, () => world.upload()));
  await expect.poll(world.used).toBe(SLOTS);
  expect(await world.ordinary(1)).toEqual([200]);
});
