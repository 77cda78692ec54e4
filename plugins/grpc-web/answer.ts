/** Answers of gRPC as gRPC-Web has them: the trailers are the last frame of the body. */
import { type Conversion, convertBody, type UpstreamResponse } from 'portico';
import { codingOf, nameOf, type WebType } from './media-type.ts';
import { trailersFrame } from './frames.ts';

type Fields = UpstreamResponse['headers'];

/** These describe the messages, so they stay in the head. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['grpc-encoding', 'grpc-accept-encoding']);
/** These describe the answer as HTTP, so a head that is trailers does not give them away. */
const OF_HTTP: ReadonlySet<string> = new Set(['content-type', 'content-length', 'date', 'via']);

const NO_BYTES = new Uint8Array(0);

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
export function webAnswer(response: UpstreamResponse, type: WebType): UpstreamResponse {
  const coding = codingOf(response.headers['content-type']);
  if (coding === undefined) return response;
  const own = { ...type, coding: coding || type.coding };
  const { head, trailers } = split(response.headers);
  return {
    ...response,
    headers: { ...head, 'content-type': nameOf(own) },
    body: convertBody(response.body, new Framing(own, trailers)),
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

class Framing implements Conversion {
  readonly #type: WebType;
  /** Those that came with the head. */
  readonly #early: Fields | undefined;

  constructor(type: WebType, early: Fields | undefined) {
    this.#type = type;
    this.#early = early;
  }

  chunk(bytes: Uint8Array): Uint8Array {
    return bytes.length === 0 ? NO_BYTES : encoded(bytes, this.#type);
  }

  end(trailers: Fields | undefined): Uint8Array {
    const fields = { ...this.#early, ...trailers };
    const told = fields['grpc-status'] === undefined ? { ...fields, ...NO_STATUS } : fields;
    return encoded(trailersFrame(told), this.#type);
  }
}
