/** The body that a library gives a dispatcher, in any of undici's forms: bytes, or a stream. */
import { Readable } from 'node:stream';
import { errors, FormData, Response } from 'undici';

export interface DispatchedBody {
  /** `undefined`: none. */
  readonly body: Uint8Array | Readable | undefined;
  /** In bytes; `undefined` if there is no body, or it comes in chunks. */
  readonly length: number | undefined;
  /** What it is, if the form tells; a field of the caller's wins. */
  readonly type?: string | undefined;
}

const NO_BODY: DispatchedBody = { body: undefined, length: undefined };

/**
 * `declared` is the length that the caller's field tells.
 *
 * @throws {errors.InvalidArgumentError} for anything else, and where the length is not the declared one
 */
export function dispatchedBody(given: unknown, declared: number | undefined): DispatchedBody {
  const found = bodyOf(given);
  if (declared === undefined) return found;
  const length = found.body === undefined ? 0 : found.length;
  if (length !== undefined && length !== declared) {
    throw new errors.InvalidArgumentError('content-length is not the length of the body');
  }
  return { ...found, length: declared };
}

function bodyOf(given: unknown): DispatchedBody {
  if (given === undefined || given === null) return NO_BODY;
  if (typeof given === 'string') return ofBytes(Buffer.from(given));
  if (ArrayBuffer.isView(given)) {
    return ofBytes(new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  }
  if (given instanceof ArrayBuffer) return ofBytes(new Uint8Array(given));
  if (given instanceof Readable) return { body: given, length: undefined };
  if (isFormData(given)) return ofForm(given);
  if (given instanceof Blob) {
    const type = given.type === '' ? undefined : given.type;
    return { body: streamOf(given.stream()), length: given.size, type };
  }
  if (isIterable(given)) return { body: streamOf(given), length: undefined };
  throw new errors.InvalidArgumentError(
    'body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable',
  );
}

/** undici sends an empty one without a length, as none. */
const ofBytes = (bytes: Uint8Array): DispatchedBody =>
  bytes.length === 0 ? NO_BODY : { body: bytes, length: bytes.length };

/** In pieces: a string in an iterable is text, never an object. */
const streamOf = (pieces: Iterable<unknown> | AsyncIterable<unknown>): Readable =>
  Readable.from(pieces, { objectMode: false });

const isIterable = (value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  (Symbol.asyncIterator in value || Symbol.iterator in value);

/** Of Node or of any undici: each has a class of its own, and encodes only that. */
const isFormData = (value: unknown): value is FormData =>
  Object.prototype.toString.call(value) === '[object FormData]';

function ofForm(form: FormData): DispatchedBody {
  const own = new FormData();
  for (const [name, value] of form) {
    if (typeof value === 'string') own.append(name, value);
    else own.append(name, value, value.name);
  }
  const { body, headers } = new Response(own);
  return {
    body: streamOf(body!),
    length: undefined,
    type: headers.get('content-type') ?? undefined,
  };
}
