/** What `portico load` is told, read and checked. */
import { readFileSync, statSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/schema/units.ts';
import { http } from '../core/node-http.ts';
import { ANSWER } from '../load/answer.ts';
import type { LoadOptions, Subject } from '../load/load-test.ts';

/** As the command line gives them. */
export interface LoadArguments {
  readonly config?: string;
  readonly path?: string;
  readonly url?: URL;
  readonly admin?: URL;
  readonly connections: number;
  readonly duration: number;
  readonly warmUp?: number;
  readonly method?: string;
  readonly token?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyFile?: string;
  readonly stub?: boolean;
  readonly stubBody?: string;
  readonly stubDelay?: number;
  readonly json?: boolean;
}

/** HEAD is not among them: autocannon waits for the body that a GET would have. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const DEFAULT_CONFIG = 'gateway.config.yaml';

/** @throws {RangeError} saying which arguments do not go together, or which file cannot be read */
export function loadOptions(given: LoadArguments): LoadOptions {
  refuseContradictions(given);
  const { connections, duration: measureMs, warmUp: warmUpMs, method } = given;
  const body = bodyOf(given);
  return {
    subject: subjectOf(given),
    request: {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      path: given.path ?? pathOf(given.url),
      headers: headersOf(given, body),
      ...(body === undefined ? {} : { body: body.toString('base64') }),
    },
    connections,
    measureMs,
    ...(warmUpMs === undefined ? {} : { warmUpMs }),
  };
}

function refuseContradictions(given: LoadArguments): void {
  const { url, admin, stub, stubBody, stubDelay, config, path } = given;
  const [hasUrl, hasPath] = [url !== undefined, path !== undefined];
  refuse(
    hasUrl && config !== undefined,
    '--url names a gateway that is already running: leave --config out',
  );
  refuse(
    hasUrl && stub === true,
    '--url names a gateway that is already running: --stub cannot replace its upstreams',
  );
  refuse(
    !hasUrl && admin !== undefined,
    '--admin goes with --url: a gateway that is started here has its own admin port',
  );
  refuse(
    stub !== true && (stubBody ?? stubDelay) !== undefined,
    '--stub-body and --stub-delay go with --stub',
  );
  refuse(
    given.body !== undefined && given.bodyFile !== undefined,
    'pass --body or --body-file, not both',
  );
  refuse(
    given.token !== undefined && given.header?.['authorization'] !== undefined,
    'pass --token or an authorization header, not both',
  );
  refuse(
    hasUrl && hasPath && pathOf(url) !== '/',
    'the path is in --url already: leave --path out',
  );
  refuse(!hasUrl && !hasPath, "pass the path to request: --path '/api/orders/42?lines=all'");
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw new RangeError(message);
}

function subjectOf({ url, admin, config, stub, stubBody, stubDelay }: LoadArguments): Subject {
  if (url !== undefined) {
    const { origin } = url;
    return { kind: 'running', origin, ...(admin && { adminUrl: admin.origin }) };
  }
  return {
    kind: 'config',
    file: config ?? DEFAULT_CONFIG,
    ...(stub === true && { stub: { body: stubBody ?? ANSWER, delayMs: stubDelay ?? 0 } }),
  };
}

const pathOf = (url: URL | undefined): string =>
  url === undefined ? '/' : `${url.pathname}${url.search}`;

/** Each connection holds a request of its own. */
const MOST_BODY_BYTES = 16_777_216;

function bodyOf({ body, bodyFile }: LoadArguments): Buffer | undefined {
  if (bodyFile === undefined) return body === undefined ? undefined : Buffer.from(body);
  try {
    const { size } = statSync(bodyFile);
    refuse(
      size > MOST_BODY_BYTES,
      `--body-file: ${bodyFile} has ${size} bytes; at most 16 MiB are sent`,
    );
    return readFileSync(bodyFile);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new RangeError(`--body-file: ${bodyFile} cannot be read (${code})`, { cause: error });
  }
}

function headersOf({ token, header }: LoadArguments, body: Buffer | undefined) {
  return {
    accept: '*/*',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': typeOf(body) }),
    ...header,
  };
}

function typeOf(body: Buffer): string {
  try {
    JSON.parse(body.toString());
    return 'application/json';
  } catch {
    return 'application/octet-stream';
  }
}

/** Seconds, or a duration with its unit. @returns milliseconds */
export function readDuration(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : inWords(() => parseDuration(text));
  if (ms > LONGEST_MS) throw new InvalidArgumentError('at most 24h');
  return ms;
}

/** As `readDuration`, and not too short to be measured. */
export function readMeasured(text: string): number {
  const ms = readDuration(text);
  if (ms < SHORTEST_MS) throw new InvalidArgumentError('at least 100ms');
  return ms;
}

const SHORTEST_MS = 100;
const LONGEST_MS = 86_400_000;
/** More than one process drives well, and than most systems allow. */
const MOST_CONNECTIONS = 10_000;

export function readConnections(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_CONNECTIONS) return count;
  throw new InvalidArgumentError(`it must be a whole number from 1 to ${MOST_CONNECTIONS}`);
}

/** What goes into the request line as it is. */
export function readPath(text: string): string {
  if (/^\/[\x21-\x22\x24-\x7e]*$/.test(text)) return text;
  throw new InvalidArgumentError(
    "it must begin with /, without blanks or #: '/api/orders/42?lines=all'",
  );
}

export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('it must be a URL such as http://127.0.0.1:8080');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError("pass credentials with --header 'authorization: …'");
  }
  return url;
}

export function readToken(text: string): string {
  return inWords(() => {
    http.validateHeaderValue('authorization', text);
    return text;
  });
}

/** Set by the load itself. */
const OURS: ReadonlySet<string> = new Set(['connection', 'content-length', 'transfer-encoding']);

/** Adds `name: value` to `earlier`. */
export function readHeader(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name = '', value = ''] = /^([^:]*):\s*(.*?)\s*$/s.exec(text) ?? [];
  const key = name.toLowerCase();
  if (!text.includes(':')) throw new InvalidArgumentError("it is 'name: value'");
  if (OURS.has(key)) throw new InvalidArgumentError(`${key} is set by the load itself`);
  if (Object.hasOwn(earlier, key)) {
    throw new InvalidArgumentError(`${key} is given twice: separate several values by commas`);
  }
  inWords(() => {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  });
  return { ...earlier, [key]: value };
}

function inWords<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
