/**
 * Frames through the gateway are the frames that were sent, valid or not: the classes of the Autobahn suite
 * (framing, pings, reserved bits, opcodes, fragments, UTF-8, close), byte for byte in both directions.
 */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { seeded } from '../helpers/seeded.ts';
import {
  afterHead,
  frame,
  MASK,
  type RawClient,
  socketGateway,
  upgraded,
  wireUpstream,
} from './support.ts';

interface Pair {
  readonly client: RawClient;
  readonly upstream: Socket;
  /** All that the upstream got. */
  readonly got: () => Buffer;
}

async function pair(): Promise<Pair> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const chunks: Buffer[] = [];
  const url = await wireUpstream((socket) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    resolve(socket);
  });
  const gateway = await socketGateway(url, { websocket: { maxPayload: '100MiB' } });
  const client = await upgraded(gateway.url);
  return { client, upstream: await promise, got: () => Buffer.concat(chunks) };
}

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536];
/** Without close frames, after which nothing is asked of a connection. */
const OPCODES = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15];
const INVALID_UTF8 = Buffer.from([0xce, 0xba, 0xed, 0xa0, 0x80, 0x65, 0xff]);

function cases(): Map<string, Buffer> {
  const all = new Map<string, Buffer>();
  for (const opcode of OPCODES) {
    for (const fin of [true, false]) {
      for (const length of LENGTHS) {
        const payload = Buffer.alloc(length, opcode + 1);
        const name = `opcode ${opcode}, ${fin ? 'final' : 'not final'}, ${length} bytes`;
        all.set(name, frame({ opcode, fin, payload, mask: MASK }));
        all.set(`${name}, no mask`, frame({ opcode, fin, payload }));
      }
    }
  }
  for (const reserved of [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70]) {
    for (const opcode of [1, 2, 9]) {
      all.set(
        `reserved ${reserved}, opcode ${opcode}`,
        frame({ opcode, reserved, payload: 'x', mask: MASK }),
      );
    }
  }
  const text = (opcode: number, fin: boolean, payload: Uint8Array | string) =>
    frame({ opcode, fin, payload, mask: MASK });
  all.set(
    'a ping between fragments',
    Buffer.concat([text(1, false, 'a'), text(9, true, 'p'), text(0, true, 'b')]),
  );
  all.set(
    'a text between fragments',
    Buffer.concat([text(1, false, 'a'), text(1, true, 'b'), text(0, true, 'c')]),
  );
  all.set('a continuation of nothing', text(0, true, 'c'));
  all.set('bytes that are not UTF-8', text(1, true, INVALID_UTF8));
  all.set(
    'a character in two fragments',
    Buffer.concat([text(1, false, Buffer.from([0xce])), text(0, true, Buffer.from([0xba]))]),
  );
  all.set(
    'ten fragments of nothing',
    Buffer.concat(Array.from({ length: 10 }, (_, i) => text(i === 0 ? 2 : 0, i === 9, ''))),
  );
  all.set('a length written longer than it must be', Buffer.from([0x82, 126, 0, 1, 7]));
  all.set('a length of eight bytes for one', Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 7]));
  return all;
}

/** Writes `bytes` in pieces, each read by itself. */
async function inPieces(socket: Socket, bytes: Buffer, sizes: () => number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = sizes();
    socket.write(bytes.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function arrived(got: () => Buffer, length: number): Promise<Buffer> {
  const until = performance.now() + 10_000;
  while (got().length < length) {
    if (performance.now() > until) throw new Error(`only ${got().length} of ${length} bytes came`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return got();
}

describe('frames through the gateway', () => {
  test('are what was sent, in 449 cases of the client and of the upstream', async () => {
    const { client, upstream, got } = await pair();
    const all = [...cases().values()];
    const sent = Buffer.concat(all);
    client.socket.write(sent);
    upstream.write(sent);

    const came = await arrived(got, sent.length);
    const back = await arrived(() => afterHead(client.bytes()), sent.length);

    let at = 0;
    for (const [name, bytes] of cases()) {
      const end = at + bytes.length;
      if (!came.subarray(at, end).equals(bytes)) throw new Error(`to the upstream: ${name}`);
      if (!back.subarray(at, end).equals(bytes)) throw new Error(`to the client: ${name}`);
      at = end;
    }
    expect(all).toHaveLength(449);
    expect([came.length, back.length]).toEqual([at, at]);
  });

  test('may come in pieces of any size, down to single bytes', async () => {
    const { client, upstream, got } = await pair();
    const random = seeded(7);
    const short = [...cases().values()].filter(({ length }) => length < 200);
    const bytes = Buffer.concat(short.filter((_, i) => i % 5 === 0));
    const any = (): number => 1 + Math.floor(random() * 40);

    await Promise.all([inPieces(client.socket, bytes, () => 1), inPieces(upstream, bytes, any)]);

    expect((await arrived(got, bytes.length)).equals(bytes)).toBe(true);
    const back = await arrived(() => afterHead(client.bytes()), bytes.length);
    expect(back.equals(bytes)).toBe(true);
  });

  const closes: readonly (readonly [string, Buffer])[] = [
    ...[1000, 1001, 1002, 1003, 1007, 1010, 1011, 3000, 3999, 4000, 4999].map(coded),
    // Not allowed in a frame (RFC 6455 §7.4): the other end says so.
    ...[0, 999, 1004, 1005, 1006, 1015, 5000, 65_535].map(coded),
    ['no code', Buffer.alloc(0)],
    ['one byte', Buffer.from([3])],
    ['a reason that is not UTF-8', Buffer.concat([Buffer.from([3, 232]), INVALID_UTF8])],
    ['a payload of 125 bytes', Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(123, 97)])],
    ['a payload of 126 bytes', Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(124, 97)])],
  ];

  function coded(code: number): readonly [string, Buffer] {
    return [`code ${code}`, Buffer.from([code >> 8, code & 255])];
  }

  test.each(closes)('close with %s, from either side', async (_what, payload) => {
    const { client, upstream, got } = await pair();
    const sent = frame({ opcode: 8, payload, mask: MASK });
    client.socket.write(sent);
    expect(await arrived(got, sent.length)).toEqual(sent);

    const back = frame({ opcode: 8, payload });
    upstream.end(back);
    expect(afterHead(await client.closed)).toEqual(back);
  });
});
