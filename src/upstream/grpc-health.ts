/**
 * Asks a target by the health protocol of gRPC (grpc/grpc, doc/health-checking.md): `Check` of
 * `grpc.health.v1.Health`. Two messages of one field each need no library.
 */
import { type HealthQuestion, UNCHECKED } from './health-check.ts';

const PATH = '/grpc.health.v1.Health/Check';

/** `ServingStatus` by number; an absent field is 0. */
const STATES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

const OK = '0';
const NOT_FOUND = '5';
const UNIMPLEMENTED = '12';

/** Asks about `service`; an empty name means the server as a whole. */
export const grpcQuestion = (service: string): HealthQuestion => ({
  path: PATH,
  method: 'POST',
  headers: { 'content-type': 'application/grpc', te: 'trailers' },
  body: framed(requestFor(service)),
  judge({ status, headers, trailers, body }) {
    if (status !== 200) return `status ${status}`;
    const code = String(trailers['grpc-status'] ?? headers['grpc-status'] ?? 'missing');
    if (code === UNIMPLEMENTED) return UNCHECKED;
    if (code === NOT_FOUND) return `it does not know the service ${JSON.stringify(service)}`;
    if (code !== OK) return `gRPC status ${code}`;
    const state = stateIn(body);
    return state === 'SERVING' ? undefined : state;
  },
});

/** `HealthCheckRequest`: field 1, the name. */
function requestFor(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0
    ? name
    : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A message as it is sent: not compressed, its length, itself. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** `HealthCheckResponse`: field 1, a number. */
function stateIn(body: Buffer): string {
  if (body.length < 5 || body[0] !== 0 || body.length !== 5 + body.readUInt32BE(1)) {
    return 'not one message';
  }
  if (body.length === 5) return STATES[0];
  const state = body[5] === 0x08 ? STATES[body[6] ?? 0] : undefined;
  return state ?? 'a message that is no health';
}
