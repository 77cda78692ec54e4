/** A server that speaks HTTP/2 frame by frame, for what Node's own would never send. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
const PREFACE_BYTES = 24;
const END_HEADERS = 4;
/** `:status: 200`, RFC 7541 appendix A. */
const STATUS_200 = Buffer.from([0x88]);

export class H2Wire {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  head(stream: number): void {
    this.#frame(HEADERS, END_HEADERS, stream, STATUS_200);
  }

  body(stream: number, text: string, isLast = false): void {
    this.#frame(DATA, isLast ? 1 : 0, stream, Buffer.from(text));
  }

  reset(stream: number, code: number): void {
    this.#frame(RST_STREAM, 0, stream, words(code));
  }

  goaway(lastStream: number, code: number): void {
    this.#frame(GOAWAY, 0, 0, words(lastStream, code));
  }

  settings(): void {
    this.#frame(SETTINGS, 0, 0, Buffer.alloc(0));
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
  }
}

const words = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((each, i) => bytes.writeUInt32BE(each, i * 4));
  return bytes;
};

/** An h2c server that calls `onRequest` for each stream; `opened` are their numbers, in order. */
export async function startH2Wire(
  onRequest: (wire: H2Wire, stream: number) => void,
): Promise<{ readonly url: string; readonly opened: readonly number[] }> {
  const opened: number[] = [];
  const url = await startSockets((socket) => {
    const wire = new H2Wire(socket);
    wire.settings();
    let bytes = Buffer.alloc(0);
    let skip = PREFACE_BYTES;
    socket.on('data', (chunk: Buffer) => {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      bytes = Buffer.concat([bytes, chunk.subarray(skipped)]);
      while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
        const stream = bytes.readUInt32BE(5);
        const isHead = bytes.readUInt8(3) === HEADERS;
        bytes = bytes.subarray(9 + bytes.readUIntBE(0, 3));
        if (!isHead) continue;
        opened.push(stream);
        onRequest(wire, stream);
      }
    });
  });
  return { url, opened };
}

export interface Link {
  readonly url: string;
  /** From now on nothing passes, and nobody is told. */
  fallSilent(): void;
  /** Connections made so far. */
  readonly connections: number;
}

/** A network between a client and the server at `url`. */
export async function startLink(url: string): Promise<Link> {
  let isSilent = false;
  let connections = 0;
  const own = await startSockets((near) => {
    connections += 1;
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void far.destroy());
    far.on('error', () => undefined);
    near.on('data', (bytes: Buffer) => isSilent || far.write(bytes));
    far.on('data', (bytes: Buffer) => isSilent || near.write(bytes));
    near.on('close', () => far.destroy());
  });
  return {
    url: own,
    fallSilent: () => (isSilent = true),
    get connections() {
      return connections;
    },
  };
}

async function startSockets(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
