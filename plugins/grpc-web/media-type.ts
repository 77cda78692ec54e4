/** The media types of gRPC-Web, and those of gRPC that they stand for (grpc/grpc, doc/PROTOCOL-WEB.md). */

const GRPC_WEB = /^application\/grpc-web(-text)?(\+[^;\s]*)?\s*(?:;|$)/i;
const GRPC = /^application\/grpc(\+[^;\s]*)?\s*(?:;|$)/i;

export interface WebType {
  /** Bytes are sent as base64. */
  readonly isText: boolean;
  /** The coding of messages, such as `+proto`; empty if the type does not name it. */
  readonly coding: string;
}

/** `undefined` if `type` is none of gRPC-Web. */
export function webTypeOf(type: unknown): WebType | undefined {
  const match = typeof type === 'string' ? GRPC_WEB.exec(type) : null;
  return match === null ? undefined : { isText: match[1] !== undefined, coding: match[2] ?? '' };
}

/** The coding of messages in the gRPC type `type`; `undefined` if it is none of gRPC. */
export function codingOf(type: unknown): string | undefined {
  const match = typeof type === 'string' ? GRPC.exec(type) : null;
  return match === null ? undefined : (match[1] ?? '');
}

/** The type that the client wants: the one it accepts, or else the one that it sends. */
export function acceptedType(sent: WebType, accept: unknown): WebType {
  for (const each of typeof accept === 'string' ? accept.split(',') : []) {
    const accepted = webTypeOf(each.trim());
    if (accepted !== undefined) return accepted;
  }
  return sent;
}

export const nameOf = ({ isText, coding }: WebType): string =>
  `application/grpc-web${isText ? '-text' : ''}${coding}`;
