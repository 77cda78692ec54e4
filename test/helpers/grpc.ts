/** Services and clients of gRPC as its own package for Node.js makes them. Messages are plain bytes. */
import {
  type ChannelOptions,
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  makeGenericClientConstructor,
  type MethodDefinition,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { pem } from './secure-upstream.ts';

const bytes = (value: Buffer): Buffer => value;

/** A method whose messages are bytes. */
export const bytesMethod = (
  path: string,
  requestStream = false,
  responseStream = false,
): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

export const SERVICE = {
  Get: bytesMethod('/shop.Stock/Get'),
  Watch: bytesMethod('/shop.Stock/Watch', false, true),
  Count: bytesMethod('/shop.Stock/Count', true, false),
  Talk: bytesMethod('/shop.Stock/Talk', true, true),
} satisfies ServiceDefinition;

export interface StockHandlers {
  readonly Get?: handleUnaryCall<Buffer, Buffer>;
  readonly Watch?: handleServerStreamingCall<Buffer, Buffer>;
  readonly Count?: handleClientStreamingCall<Buffer, Buffer>;
  readonly Talk?: handleBidiStreamingCall<Buffer, Buffer>;
}

export const startStock = (
  handlers: StockHandlers,
  isSecure = false,
): Promise<{ readonly url: string }> => startService(SERVICE, { ...handlers }, isSecure);

/** A service on a free port, with TLS or without; it ends with the test. */
export async function startService(
  service: ServiceDefinition,
  handlers: UntypedServiceImplementation,
  isSecure = false,
): Promise<{ readonly url: string }> {
  const server = new Server();
  server.addService(service, handlers);
  const given = isSecure ? secureCredentials() : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', given, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  onTestFinished(() => server.forceShutdown());
  return { url: `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}` };
}

function secureCredentials(): ServerCredentials {
  const pair = {
    private_key: Buffer.from(pem('server.key')),
    cert_chain: Buffer.from(pem('server.pem')),
  };
  return ServerCredentials.createSsl(null, [pair]);
}

const StockClient = makeGenericClientConstructor(SERVICE, 'Stock');

/** A client of `url`, which trusts the test authority; it closes with the test. */
export function stockClient(url: string, options: ChannelOptions = {}): Client {
  const { protocol, host } = new URL(url);
  const secure = protocol === 'https:';
  const client = new StockClient(
    host,
    secure ? credentials.createSsl(Buffer.from(pem('ca.pem'))) : credentials.createInsecure(),
    { ...(secure && { 'grpc.ssl_target_name_override': 'localhost' }), ...options },
  );
  onTestFinished(() => client.close());
  return client;
}

/** A message as it is sent: not compressed, its length, itself. */
export function framed(message: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(message), 1);
  return Buffer.concat([head, Buffer.from(message)]);
}

/** What came of a call: its message, or its status. */
export interface Outcome {
  readonly message?: string;
  readonly code: number;
  readonly details: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  /** Milliseconds from now. */
  readonly deadlineMs?: number;
}

/** The metadata of a call. */
export function metadataOf(fields: CallOptions['metadata'] = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}

const deadlineOf = ({ deadlineMs }: CallOptions) =>
  deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };

/** Calls `Get`. */
export function get(client: Client, message = 'x', options: CallOptions = {}): Promise<Outcome> {
  const { path } = SERVICE.Get;
  return new Promise((resolve) => {
    let answer: Buffer | undefined;
    const call = client.makeUnaryRequest(
      path,
      bytes,
      bytes,
      Buffer.from(message),
      metadataOf(options.metadata),
      deadlineOf(options),
      (_error: ServiceError | null, value?: Buffer) => (answer = value),
    );
    call.on('status', ({ code, details, metadata }) => {
      const outcome = { code, details, metadata: metadata.getMap() };
      resolve(answer === undefined ? outcome : { ...outcome, message: answer.toString() });
    });
  });
}

export interface Watched {
  readonly messages: readonly string[];
  readonly code: number;
  readonly details: string;
}

/** Calls `Watch`, and collects its messages until it ends. */
export function watch(client: Client, message = 'x', options: CallOptions = {}): Promise<Watched> {
  const call = client.makeServerStreamRequest(
    SERVICE.Watch.path,
    bytes,
    bytes,
    Buffer.from(message),
    metadataOf(options.metadata),
    deadlineOf(options),
  );
  const messages: string[] = [];
  call.on('data', (each: Buffer) => messages.push(each.toString()));
  call.on('error', () => undefined);
  return new Promise((resolve) => {
    call.on('status', ({ code, details }) => resolve({ messages, code, details }));
  });
}

/** Opens `Talk`. */
export const talk = (client: Client, options: CallOptions = {}) =>
  client.makeBidiStreamRequest(
    SERVICE.Talk.path,
    bytes,
    bytes,
    metadataOf(options.metadata),
    deadlineOf(options),
  );
