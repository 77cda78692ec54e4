/** Errors of a BFF's own, which clients get as problem documents (RFC 9457), like those of the gateway. */

export interface ProblemOptions {
  /** 400 to 599. */
  readonly status: number;
  /** A URI that names the kind of problem. Default `about:blank`: the status says it all. */
  readonly type?: string;
  /** The same for all problems of the kind. */
  readonly title: string;
  /** What is wrong this time. Clients see it: no address, no secret. */
  readonly detail?: string;
  /** More members of the document, such as `{ productId: 'p1' }`; the others keep their names. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** More fields of the answer, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Works across copies of the package, where `instanceof` fails. */
const BRAND: unique symbol = Symbol.for('portico.problem') as never;

/**
 * Ends a request of a BFF with a problem document. It is an answer, not a failure of the gateway: no metric of errors
 * counts it, and nothing is logged but its status.
 *
 * @example
 * ```ts
 * throw new ProblemError({ status: 409, type: 'https://shop.example/problems/sold-out', title: 'Sold out' });
 * ```
 *
 * @throws {RangeError} for a status that is no error
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly [BRAND] = true;
  readonly options: ProblemOptions;

  constructor(options: ProblemOptions) {
    const { status, title, detail, cause } = options;
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`${status} is not the status of an error: 400 to 599`);
    }
    super(detail ?? title, cause === undefined ? undefined : { cause });
    this.options = options;
  }
}

/** Is `error` a ProblemError, from any copy of this module? */
export const isProblemError = (error: unknown): error is ProblemError =>
  typeof error === 'object' && error !== null && BRAND in error;

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The answer for `error`; clients refer to it by `requestId`. */
export function problemAnswer({ options }: ProblemError, requestId: string): ProblemAnswer {
  const { status, type = 'about:blank', title, detail, extensions, headers } = options;
  const document = {
    ...extensions,
    type,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    instance: `urn:request:${requestId}`,
  };
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      ...headers,
      'content-type': 'application/problem+json',
    },
    // As bytes: Fastify would add a charset to text, and JSON has none (RFC 8259 §11).
    body: Buffer.from(JSON.stringify(document)),
  };
}
