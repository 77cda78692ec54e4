/** Calls of gRPC of every kind, as data: what the service does, and what the client does. */
import { type ChannelOptions, compressionAlgorithms, Metadata, status } from '@grpc/grpc-js';
import type { StockHandlers } from '../../helpers/grpc.ts';
import { fieldsOf, open, type Outcome, shortened } from './outcome.ts';
import type { Way } from './ways.ts';

export interface Row {
  readonly handlers: StockHandlers;
  readonly options?: ChannelOptions;
  /** What is compared: outcomes, and whatever else the row tells. */
  readonly run: (way: Way) => Promise<unknown>;
}

/** A message of `bytes` that compresses badly. */
const long = (bytes: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * 2_654_435_761) >>> 24));

/** The longest that a client takes by default. */
const FOUR_MIB = 4 * 1_048_576;

function metadata(fields: Readonly<Record<string, readonly (string | Buffer)[]>>): Metadata {
  const made = new Metadata();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of values) made.add(name, value);
  }
  return made;
}

const FIELDS = metadata({
  'x-text': ['plain', 'with, comma', '  inner  spaces '],
  'x-raw-bin': [Buffer.from([0, 1, 254, 255]), Buffer.from('ü')],
  'x-empty-bin': [Buffer.alloc(0)],
});

const echo: StockHandlers = { Get: ({ request }, done) => done(null, request) };

/** Sends `messages` and waits for the outcome. */
const whole =
  (method: keyof StockHandlers, ...messages: readonly (string | Buffer)[]) =>
  ({ client }: Way): Promise<Outcome> => {
    const call = open(client, { method });
    for (const message of messages) call.send(message);
    call.end();
    return call.outcome;
  };

/** A unary call that fails so. */
const failing = (error: object): Row => ({
  handlers: { Get: (_call, done) => done(error) },
  run: whole('Get', 'x'),
});

/** Tells what metadata the service sees. */
const seen: StockHandlers = {
  Get: (call, done) => done(null, Buffer.from(call.request), fullOf(call.metadata)),
};

function fullOf(came: Metadata): Metadata {
  const told = new Metadata();
  told.set('x-came-bin', Buffer.from(JSON.stringify(fieldsOf(came))));
  return told;
}

export const UNARY: Readonly<Record<string, Row>> = {
  'a message': { handlers: echo, run: whole('Get', 'hello') },
  'an empty message': { handlers: echo, run: whole('Get', '') },
  'a message of 4 MiB both ways': { handlers: echo, run: whole('Get', long(FOUR_MIB)) },
  'a compressed message': {
    handlers: echo,
    options: { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip },
    run: whole('Get', 'a'.repeat(10_000)),
  },
  'an error with a message': failing({ code: status.NOT_FOUND, details: 'no such sku' }),
  'an error without a message': failing({ code: status.ABORTED, details: '' }),
  'an error with a message in Unicode': failing({ code: 3, details: 'ñ 😀 100 %\nnext' }),
  'an error with details': failing({
    code: status.INVALID_ARGUMENT,
    details: 'bad',
    metadata: metadata({ 'grpc-status-details-bin': [Buffer.from([8, 3, 18, 3, 98, 97, 100])] }),
  }),
  'an error with metadata': {
    handlers: {
      Get: (_call, done) => done({ code: 9, details: 'x', metadata: FIELDS }),
    },
    // Through the gateway, all of it is in the initial metadata too; see docs/grpc.md.
    async run(way) {
      const { initial: _initial, ...outcome } = await whole('Get', 'x')(way);
      return outcome;
    },
  },
  'an error after the initial metadata': {
    handlers: {
      Get(call, done) {
        call.sendMetadata(metadata({ 'x-early': ['1'] }));
        done({ code: status.DATA_LOSS, details: 'late' });
      },
    },
    run: whole('Get', 'x'),
  },
  'each status': {
    handlers: { Get: ({ request }, done) => done({ code: Number(request.toString()) }) },
    run: async ({ client }) => {
      const told: (readonly [number, string])[] = [];
      for (let sent = 1; sent <= 16; sent++) {
        const call = open(client, { method: 'Get' });
        call.send(String(sent));
        call.end();
        const { code, details } = await call.outcome;
        told.push([code, details]);
      }
      return told;
    },
  },
  'a method that is not there': { handlers: {}, run: whole('Get', 'x') },
  'metadata of the client': {
    handlers: seen,
    run: async ({ client }) => {
      const call = open(client, { method: 'Get', metadata: FIELDS });
      call.send('x');
      call.end();
      return call.outcome;
    },
  },
  'metadata of the service, initial and trailing': {
    handlers: {
      Get(call, done) {
        call.sendMetadata(FIELDS);
        done(null, Buffer.from('y'), metadata({ 'x-last': ['1', '2'], 'x-sum-bin': [long(300)] }));
      },
    },
    run: whole('Get', 'x'),
  },
  'a deadline': {
    handlers: { Get: () => undefined },
    async run({ client }) {
      const call = open(client, { method: 'Get', deadlineMs: 150 });
      call.send('x');
      call.end();
      return (await call.outcome).code;
    },
  },
  'a deadline as the service sees it': {
    handlers: {
      Get(call, done) {
        const leftMs = Number(call.getDeadline()) - Date.now();
        done(null, Buffer.from(leftMs > 50_000 && leftMs <= 60_000 ? 'in time' : String(leftMs)));
      },
    },
    async run({ client }) {
      const call = open(client, { method: 'Get', deadlineMs: 60_000 });
      call.send('x');
      call.end();
      return (await call.outcome).messages;
    },
  },
  'a hundred calls at once': {
    handlers: echo,
    run: ({ client }) =>
      Promise.all(Array.from({ length: 100 }, (_, i) => whole('Get', `n${i}`)({ client } as Way))),
  },
};

export const STREAMING: Readonly<Record<string, Row>> = {
  'messages of the service': {
    handlers: {
      Watch(call) {
        for (const each of ['a', '', 'c']) call.write(Buffer.from(each));
        call.end(metadata({ 'x-last': ['3'] }));
      },
    },
    run: whole('Watch', 'x'),
  },
  'no message of the service': {
    handlers: { Watch: (call) => call.end() },
    run: whole('Watch', 'x'),
  },
  'an error after messages of the service': {
    handlers: {
      Watch(call) {
        call.write(Buffer.from('a'));
        call.emit('error', {
          code: status.RESOURCE_EXHAUSTED,
          details: 'enough',
          metadata: FIELDS,
        });
      },
    },
    run: whole('Watch', 'x'),
  },
  'a message that is taken before the next is made': {
    handlers: {
      Talk(call) {
        call.on('data', (message: Buffer) => call.write(message));
        call.on('end', () => call.end());
      },
    },
    async run({ client }) {
      const call = open(client, {});
      const got: string[] = [];
      for (const each of ['1', '2', '3']) {
        call.send(each);
        got.push(await call.next());
      }
      call.end();
      return [got, await call.outcome];
    },
  },
  'ten long messages of the client': {
    handlers: {
      Count(call, done) {
        const came: string[] = [];
        call.on('data', (message: Buffer) => came.push(shortened(message)));
        call.on('end', () => done(null, Buffer.from(came.join('\n'))));
      },
    },
    run: whole('Count', ...Array.from({ length: 10 }, () => long(200_000))),
  },
  'no message of the client': {
    handlers: {
      Count(call, done) {
        let count = 0;
        call.on('data', () => (count += 1));
        call.on('end', () => done(null, Buffer.from(`${count}`)));
      },
    },
    run: whole('Count'),
  },
  'a service that answers before the client is done': {
    handlers: {
      Count: (call, done) => void call.once('data', () => done({ code: 11, details: 'too far' })),
    },
    async run({ client }) {
      const call = open(client, { method: 'Count' });
      call.send('one');
      return call.outcome;
    },
  },
  'a service that goes on after the client is done': {
    handlers: {
      Talk(call) {
        call.resume().on('end', () => {
          for (const each of ['x', 'y']) call.write(Buffer.from(each));
          call.end();
        });
      },
    },
    run: whole('Talk', 'a', 'b'),
  },
  'a service that ends first': {
    handlers: {
      Talk(call) {
        call.write(Buffer.from('bye'));
        call.end();
      },
    },
    run: ({ client }) => open(client, {}).outcome,
  },
  'a client that cancels': {
    handlers: { Talk: () => undefined },
    async run({ client }) {
      const call = open(client, {});
      call.send('x');
      call.cancel();
      return call.outcome;
    },
  },
  'a deadline within the stream': {
    handlers: { Watch: (call) => void call.write(Buffer.from('a')) },
    async run({ client }) {
      // It opens the connections, which may take longer than the deadline.
      const first = open(client, { method: 'Watch' });
      first.send('x');
      first.end();
      await first.next();
      const call = open(client, { method: 'Watch', deadlineMs: 1_000 });
      call.send('x');
      call.end();
      const { messages, code } = await call.outcome;
      first.cancel();
      return { messages, code };
    },
  },
  'a service that is killed': {
    handlers: { Watch: (call) => void call.write(Buffer.from('a')) },
    async run({ client, kill }) {
      const call = open(client, { method: 'Watch' });
      call.send('x');
      call.end();
      await call.next();
      kill();
      const { messages, code } = await call.outcome;
      return { messages, code };
    },
  },
};
