/**
 * Compares what upstreams answer with what their OpenAPI documents say, while somebody develops: the first answer of
 * each operation and status, and then one in {@link EVERY}. What differs is told once.
 *
 * Calls for which the document has no operation are not its matter, and neither are errors of the upstream (5xx) that
 * it does not mention.
 */
import { hash } from 'node:crypto';
import type { ApiDocument, ApiOperation, ApiResponse } from '../../../config/openapi/model.ts';
import type { UpstreamResponse } from '../../../core/call.ts';
import { codingsOf, decode, toUtf8 } from '../../../core/decode.ts';
import { firstValue } from '../../../core/headers.ts';
import { type AnswerWatch, type BodyListener, MOST_BYTES } from '../../../policies/answer-watch.ts';
import type { Difference } from './differences.ts';
import { isJson, mediaTypeOf, OperationFinder, responseTo, schemaFor } from './operation-finder.ts';
import { SchemaCheck } from './schema-check.ts';

export const EVERY = 20;

/** Of a partial body, or none. */
const WITHOUT_WHOLE: ReadonlySet<number> = new Set([204, 206, 304, 416]);

export interface Drift {
  readonly upstream: string;
  /** Path of the document. */
  readonly file: string;
  /** As the document has it: `GET /products/{id}`. */
  readonly operation: string;
  readonly status: number;
  /** Not told before. */
  readonly differences: readonly Difference[];
}

export class DriftWatch {
  readonly #tell: (drift: Drift) => void;
  readonly #watched = new WeakMap<ApiDocument, WatchedDocument>();
  /** By upstream, as long as its document says the same: a reload tells nothing again. */
  readonly #told = new Map<string, Told>();

  constructor(tell: (drift: Drift) => void) {
    this.#tell = tell;
  }

  /** Watches the answers of an upstream. */
  readonly watch = (upstream: string, document: ApiDocument): AnswerWatch => {
    let watched = this.#watched.get(document);
    if (watched === undefined) {
      const told = (): Set<string> => this.#toldOf(upstream, document);
      watched = new WatchedDocument({ upstream, document, told, tell: this.#tell });
      this.#watched.set(document, watched);
    }
    return watched.watch;
  };

  #toldOf(upstream: string, { operations, schemas }: ApiDocument): Set<string> {
    const digest = hash('sha256', JSON.stringify([operations, schemas]));
    let told = this.#told.get(upstream);
    if (told?.digest !== digest) {
      told = { digest, kinds: new Set() };
      this.#told.set(upstream, told);
    }
    return told.kinds;
  }
}

interface Told {
  readonly digest: string;
  readonly kinds: Set<string>;
}

interface WatchedOptions {
  readonly upstream: string;
  readonly document: ApiDocument;
  readonly told: () => Set<string>;
  readonly tell: (drift: Drift) => void;
}

/** An answer, as its head tells it. */
interface Head {
  readonly operation: ApiOperation;
  readonly status: number;
  readonly type: string;
  readonly headers: UpstreamResponse['headers'];
}

class WatchedDocument {
  readonly #options: WatchedOptions;
  readonly #finder: OperationFinder;
  /** Answers so far, by operation and status. */
  readonly #counts = new Map<string, number>();
  #check: SchemaCheck | undefined;
  #told: Set<string> | undefined;

  constructor(options: WatchedOptions) {
    this.#options = options;
    this.#finder = new OperationFinder(options.document);
  }

  readonly watch: AnswerWatch = ({ method, path }, { status, headers }) => {
    const operation = this.#finder.find(method, path);
    if (operation === undefined || !this.#isDue(operation, status)) return undefined;
    const type = mediaTypeOf(firstValue(headers['content-type']));
    return this.#compare({ operation, status, type, headers: { ...headers } });
  };

  #isDue({ method, path }: ApiOperation, status: number): boolean {
    const key = `${method} ${path} ${status}`;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count % EVERY === 0;
  }

  /** Tells what the head shows; returns what reads the body, if there is one to compare. */
  #compare(head: Head): BodyListener | undefined {
    const { operation, status, type } = head;
    const response = responseTo(operation, status);
    if (WITHOUT_WHOLE.has(status)) return undefined;
    if (response === undefined) {
      if (status < 500) this.#found(head, [unknownStatus(operation)]);
      return undefined;
    }
    if (Object.keys(response.content).length === 0) return undefined;
    if (schemaFor(response, type) === undefined) {
      this.#found(head, [unknownType(response, type)]);
      return undefined;
    }
    if (!isJson(type)) return undefined;
    // Not before the answer has gone on.
    return (body) => void setImmediate(() => void this.#checkBody(head, response, body));
  }

  async #checkBody(head: Head, response: ApiResponse, bytes: Buffer): Promise<void> {
    const text = await textOf(bytes, head.headers);
    if (text === undefined) return;
    this.#found(head, this.#differences(head, response, text));
  }

  #differences({ type }: Head, response: ApiResponse, text: string): readonly Difference[] {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      // The parser's message has a piece of the body in it.
      return [{ at: '', says: type, came: 'a body that is not JSON', kind: 'json' }];
    }
    try {
      this.#check ??= new SchemaCheck(this.#options.document);
      return this.#check.differences(schemaFor(response, type)!, body);
    } catch (error) {
      const why = `a schema that cannot be checked: ${(error as Error).message}`;
      return [{ at: '', says: why, came: 'a body', kind: 'unchecked' }];
    }
  }

  #found({ operation, status }: Head, differences: readonly Difference[]): void {
    if (differences.length === 0) return;
    const { upstream, document, told, tell } = this.#options;
    const kinds = (this.#told ??= told());
    const name = `${operation.method} ${operation.path}`;
    const news = differences.filter(({ kind }) => {
      const key = `${name} ${status} ${kind}`;
      const isNew = !kinds.has(key);
      kinds.add(key);
      return isNew;
    });
    if (news.length === 0) return;
    tell({ upstream, file: document.file, operation: name, status, differences: news });
  }
}

const unknownStatus = ({ responses }: ApiOperation): Difference => ({
  at: '',
  says: `the status ${Object.keys(responses).join(' or ') || 'of no answer'}`,
  came: 'another one',
  kind: 'status',
});

const unknownType = ({ content }: ApiResponse, type: string): Difference => ({
  at: '',
  says: Object.keys(content).join(' or '),
  came:
    type === '' ? 'a body without a type' : /^[\w.+/-]{1,80}$/.test(type) ? type : 'another type',
  kind: 'type',
});

/** `undefined` for what cannot be decoded: that is a fault of the answer, and told by whoever reads it. */
async function textOf(
  bytes: Buffer,
  headers: UpstreamResponse['headers'],
): Promise<string | undefined> {
  try {
    const codings = codingsOf(headers['content-encoding']);
    const decoded = codings.length === 0 ? bytes : await decode(bytes, codings, MOST_BYTES);
    return toUtf8(decoded, headers['content-type']).toString();
  } catch {
    return undefined;
  }
}
