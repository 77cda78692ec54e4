/** All that a client of gRPC can see of a call, as data. */
import { createHash } from 'node:crypto';
import { type Client, Metadata, type StatusObject } from '@grpc/grpc-js';
import { SERVICE } from '../../helpers/grpc.ts';

export type Fields = Readonly<Record<string, readonly string[]>>;

export interface Outcome {
  /** A long one as its length and hash. */
  readonly messages: readonly string[];
  readonly code: number;
  readonly details: string;
  readonly initial: Fields;
  readonly trailing: Fields;
}

/** What every client does to a call; the messages come in while it does. */
export interface Caller {
  readonly send: (message: Buffer | string) => void;
  readonly end: () => void;
  readonly cancel: () => void;
  /** The next message of the server. */
  readonly next: () => Promise<string>;
}

export interface Called extends Caller {
  readonly outcome: Promise<Outcome>;
}

export interface CallSettings {
  readonly method?: keyof typeof SERVICE;
  readonly metadata?: Metadata;
  /** Milliseconds from now. */
  readonly deadlineMs?: number;
}

const bytes = (value: Buffer): Buffer => value;

export const shortened = (message: Buffer): string =>
  message.length <= 100
    ? message.toString()
    : `${message.length} bytes, ${createHash('sha256').update(message).digest('hex').slice(0, 12)}`;

/** Opens a call. All four kinds are opened alike: a call of one message is a stream of one. */
export function open(
  client: Client,
  { method = 'Talk', metadata, deadlineMs }: CallSettings,
): Called {
  const call = client.makeBidiStreamRequest(
    SERVICE[method].path,
    bytes,
    bytes,
    metadata ?? new Metadata(),
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  );
  const messages: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  let read = 0;
  let initial: Fields = {};
  call.on('metadata', (fields: Metadata) => (initial = fieldsOf(fields)));
  call.on('data', (message: Buffer) => {
    messages.push(shortened(message));
    const reader = waiting.shift();
    if (reader !== undefined) reader(messages[read++]!);
  });
  call.on('error', () => undefined);
  const outcome = new Promise<Outcome>((resolve) => {
    call.on('status', ({ code, details, metadata: trailers }: StatusObject) =>
      resolve({ messages, code, details, initial, trailing: fieldsOf(trailers) }),
    );
  });
  return {
    outcome,
    send: (message) => call.write(Buffer.from(message)),
    end: () => call.end(),
    cancel: () => call.cancel(),
    next: () =>
      read < messages.length
        ? Promise.resolve(messages[read++]!)
        : new Promise((resolve) => waiting.push(resolve)),
  };
}

/** What HTTP and the gateway add to metadata, on the way there and on the way back. */
const ADDED = /^(content-type|date|forwarded|via|x-forwarded-.+|x-request-id)$/;

/** Each field with its values; bytes as hexadecimal digits. */
export const fieldsOf = (metadata: Metadata): Fields =>
  Object.fromEntries(
    Object.keys(metadata.getMap())
      .filter((name) => !ADDED.test(name))
      .map((name) => [
        name,
        metadata
          .get(name)
          .map((value) => (typeof value === 'string' ? value : value.toString('hex'))),
      ]),
  );
