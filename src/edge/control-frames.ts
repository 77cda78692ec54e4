/** The control frames that the gateway itself sends (RFC 6455 §5.5), to clients and to upstreams. */
import { OPCODE } from './frames.ts';

/** Frames to an upstream are masked (RFC 6455 §5.1); those to a client never. */
export type Mask = Buffer | undefined;

/** Nobody else's ping has it, so that its pong can be told from others. */
const OURS = Buffer.from('portico');

/** Their status codes, RFC 6455 §7.4.1 and IANA's registry. */
export const CLOSE = {
  goingAway: 1001,
  noCode: 1005,
  abnormal: 1006,
  policy: 1008,
  tooBig: 1009,
  upstreamFailed: 1011,
  restart: 1012,
} as const;

export function closeFrame(code: number, reason: string, mask: Mask): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frame(OPCODE.close, payload, mask);
}

export const pingFrame = (mask: Mask): Buffer => frame(OPCODE.ping, Buffer.from(OURS), mask);

/** Is it the payload of the answer to a ping of ours? */
export const isOurs = (payload: Buffer): boolean => payload.equals(OURS);

/** The code in the payload of a close frame; 1005 if there is none. */
export const closeCodeOf = (payload: Buffer): number =>
  payload.length < 2 ? CLOSE.noCode : payload.readUInt16BE(0);

/** At most 125 bytes of payload, which is masked in place. */
function frame(opcode: number, payload: Buffer, mask: Mask): Buffer {
  const head = [0x80 | opcode, payload.length | (mask === undefined ? 0 : 0x80)];
  if (mask === undefined) return Buffer.concat([Buffer.from(head), payload]);
  for (let i = 0; i < payload.length; i++) payload[i] = payload[i]! ^ mask[i & 3]!;
  return Buffer.concat([Buffer.from(head), mask, payload]);
}
