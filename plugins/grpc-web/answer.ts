/** Answers of gRPC as gRPC-Web has them: the trailers are the last frame of the body. */
import {
  type Conversion,
  convertBody,
  GatewayError,
  grpcTrailers,
  toGatewayError,
  type UpstreamResponse,
} from 'portico';
import { codingOf, nameOf, type WebType } from './media-type.ts';
import { MessageCheck, trailersFrame } from './frames.ts';

type Fields = UpstreamResponse['headers'];

/** These describe the messages, so they stay in the head. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['grpc-encoding', 'grpc-accept-encoding']);
/** These describe the answer as HTTP, so a head that is trailers does not give them away. */
const OF_HTTP: ReadonlySet<string> = new Set(['content-type', 'content-length', 'date', 'via']);

/** What gRPC clients say of an answer without a status (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
const NO_STATUS: Fields = {
  'grpc-status': '2',
  'grpc-message': 'The upstream sent no grpc-status',
};

/** Bytes in the form that `type` names. Text is padded, because none of it may wait for what follows. */
export const encoded = (bytes: Uint8Array, { isText }: WebType): Uint8Array =>
  isText
    ? Buffer.from(
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
        'latin1',
      )
    : bytes;

/** An answer that is no gRPC, such as the error page of a proxy, passes as it is: clients go by its status. */
export function webAnswer(
  response: UpstreamResponse,
  type: WebType,
  requestId: string,
): UpstreamResponse {
  const coding = codingOf(response.headers['content-type']);
  if (coding === undefined) return response;
  const own = { ...type, coding: coding || type.coding };
  const { head, trailers } = split(response.headers);
  return {
    ...response,
    headers: { ...head, 'content-type': nameOf(own) },
    body: convertBody(response.body, new Framing(own, trailers, requestId)),
  };
}

/** Parts the head from its trailers; `undefined` if it is not that of a call that failed at once. */
function split(headers: Fields): { head: Fields; trailers: Fields | undefined } {
  const { 'content-length': _length, trailer: _trailer, ...head } = headers;
  if (headers['grpc-status'] === undefined) return { head, trailers: undefined };
  const entries = Object.entries(head);
  const isOfCall = (name: string): boolean => name.startsWith('grpc-') && !OF_MESSAGES.has(name);
  return {
    head: Object.fromEntries(entries.filter(([name]) => !isOfCall(name))),
    trailers: Object.fromEntries(
      entries.filter(([name]) => !OF_HTTP.has(name) && !OF_MESSAGES.has(name)),
    ),
  };
}

/** A frame can only begin where a message ends, so an answer that breaks off within one is cut. */
class Framing implements Conversion {
  readonly #type: WebType;
  /** Those that came with the head. */
  readonly #early: Fields | undefined;
  readonly #requestId: string;
  readonly #check = new MessageCheck();

  constructor(type: WebType, early: Fields | undefined, requestId: string) {
    this.#type = type;
    this.#early = early;
    this.#requestId = requestId;
  }

  chunk(bytes: Uint8Array): Uint8Array {
    orInvalid(() => this.#check.take(bytes));
    return encoded(bytes, this.#type);
  }

  end(trailers: Fields | undefined): Uint8Array {
    orInvalid(() => this.#check.end());
    const fields = { ...this.#early, ...trailers };
    const told = fields['grpc-status'] === undefined ? { ...fields, ...NO_STATUS } : fields;
    return encoded(trailersFrame(told), this.#type);
  }

  broken(error: Error): Uint8Array | undefined {
    if (!this.#check.isWhole) return undefined;
    return encoded(trailersFrame(grpcTrailers(toGatewayError(error), this.#requestId)), this.#type);
  }
}

/** @throws GW_UPSTREAM_INVALID instead of a RangeError */
function orInvalid(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer does not consist of messages', {
      cause: error,
    });
  }
}
