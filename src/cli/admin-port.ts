/** Finds the admin port of a running gateway, and asks it. */
import { formatFault, visible } from '../config/fault.ts';
import { readSource } from '../config/yaml/source.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { isToken } from './commands/admin.ts';
import type { Environment } from '../config/yaml/environment.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** A reload of ten thousand routes takes seconds. */
const PATIENCE_MS = 60_000;
const MOST_BYTES = 8 * 1024 * 1024;
const DEFAULT = { host: '127.0.0.1', port: 9901 };

export interface AdminGiven {
  /** Default: `--token`. */
  readonly tokenFlag?: string;
  readonly config?: string;
  readonly admin?: URL;
  readonly token?: string;
}

export interface AdminPort {
  readonly url: URL;
  readonly token: string | undefined;
  /** The option that gives it. */
  readonly tokenFlag: string;
  /** Sent with what is asked. */
  readonly fields?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Tree;
}

interface AdminErrorOptions extends ErrorOptions {
  readonly code?: number;
  readonly status?: number;
}

/** What was asked for cannot be done; the message is for the operator. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  /** What the process ends with. */
  readonly code: number;
  /** What the admin port answered, if it did. */
  readonly status: number | undefined;

  constructor(message: string, { code = EXIT.failed, status, ...options }: AdminErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

/** @returns what the process ends with; throws what is not an {@link AdminError} */
export function tellFailure(error: unknown, { err }: Pick<Terminal, 'err'>): number {
  if (!(error instanceof AdminError)) throw error;
  for (const line of error.message.split('\n')) err(visible(line));
  return error.code;
}

/**
 * The admin port that is meant.
 *
 * @throws {AdminError} when the config does not tell it, or the token cannot be sent
 */
export async function findAdminPort(
  { config, admin, token, tokenFlag = '--token' }: AdminGiven,
  environment: Environment,
): Promise<AdminPort> {
  // The token of a config is for the address that it names. Without either, the gateway is looked for where it would listen.
  const written =
    admin !== undefined
      ? {}
      : config === undefined
        ? adminIn(environment)
        : await adminOf(config, environment);
  const found = token ?? (environment['PORTICO_ADMIN_TOKEN'] || textOf(written['token']));
  if (found !== undefined && !isToken(found)) {
    const message =
      'the admin token cannot be sent: it contains blanks, or characters that are not ASCII';
    throw new AdminError(message, { code: EXIT.usage });
  }
  return { url: admin ?? urlOf(written, config), token: found, tokenFlag };
}

const BY_NAME = 'name the admin port with --admin URL';

/** As configs of `portico init` read it, so that one setting is enough for gateway and commands. */
function adminIn(environment: Environment): Tree {
  const host = textOf(environment['ADMIN_HOST']);
  const port = textOf(environment['ADMIN_PORT']);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536)) {
    throw unusable(`ADMIN_PORT="${port}" is not a port: ${BY_NAME}`);
  }
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
}

/** The section `admin`, however faulty the rest is: that may be why somebody wants to go back. */
async function adminOf(file: string, environment: Environment): Promise<Tree> {
  const source = await readSource(file, environment);
  const { admin } = source.tree;
  if (admin === false) throw unusable(`${file} switches the admin port off (admin: false)`);
  const fault = source.faults.find(
    ({ path }) => !source.complete || ['admin', 'admin.host', 'admin.port'].includes(path),
  );
  if (fault !== undefined) throw unusable(`${formatFault(fault)}\n${BY_NAME}`);
  if (!isMap(admin)) return {};
  const { token, ...address } = admin;
  return source.isUnread(['admin', 'token']) ? address : { ...address, token };
}

/** The first key of `admin.trace`, however faulty the rest is; `undefined` if the config does not tell it. */
export async function readTraceKey(
  file: string,
  environment: Environment,
): Promise<string | undefined> {
  const source = await readSource(file, environment);
  const { admin } = source.tree;
  const trace = isMap(admin) ? admin['trace'] : undefined;
  const keys = isMap(trace) ? trace['keys'] : undefined;
  if (!Array.isArray(keys) || source.isUnread(['admin', 'trace', 'keys', 0])) return undefined;
  return textOf(keys[0]);
}

function urlOf(written: Tree, config: string | undefined): URL {
  const place = config ?? 'ADMIN_PORT';
  const host = textOf(written['host']) ?? DEFAULT.host;
  const port = Number(written['port'] ?? DEFAULT.port);
  if (port === 0) throw unusable(`${place} lets the system choose the admin port: ${BY_NAME}`);
  const name = ['0.0.0.0', '::'].includes(host) ? DEFAULT.host : host;
  const text = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  if (URL.canParse(text)) return new URL(text);
  throw unusable(`${place} has no address of an admin port, but ${text}: ${BY_NAME}`);
}

const unusable = (message: string): AdminError => new AdminError(message, { code: EXIT.badConfig });

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * Asks the admin port: GET, or POST of `sent`.
 *
 * @throws {AdminError} when nothing answers within 60 s, it refuses, or it is not the admin port of a gateway
 */
export async function ask(port: AdminPort, path: string, sent?: object): Promise<Answer> {
  const url = new URL(path, port.url);
  const response = await reach(url, port, sent);
  const body = parsed(await textOfAnswer(response, url));
  const { status } = response;
  if (body === undefined) {
    throw new AdminError(
      `${url.href} answered ${status}, but not as an admin port of Portico does`,
    );
  }
  if (status === 401 || status === 403) {
    throw new AdminError(
      `${url.origin} refuses: ${told(body)} (${port.tokenFlag}, or PORTICO_ADMIN_TOKEN)`,
    );
  }
  if (!response.ok && !('result' in body)) {
    throw new AdminError(`${url.origin} answered ${status}: ${told(body)}`, { status });
  }
  return { status, body };
}

async function reach(
  url: URL,
  { token, fields }: AdminPort,
  sent: object | undefined,
): Promise<Response> {
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const post = { method: 'POST', body: JSON.stringify(sent) };
  const headers = { ...fields, ...bearer, ...(sent && { 'content-type': 'application/json' }) };
  try {
    return await fetch(url, {
      headers,
      ...(sent && post),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new AdminError(whyUnreached(url, error as Error), { cause: error });
  }
}

function whyUnreached({ origin, port }: URL, { name, message, cause }: Error): string {
  if (name === 'TimeoutError') return late(origin);
  const { code = '', message: why = message } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  // Ports of other protocols, such as 6000 and 10080.
  if (why === 'bad port') return `${origin} cannot be asked: fetch blocks port ${port}; use curl`;
  return code === 'ECONNREFUSED'
    ? `nothing listens at ${origin}: is the gateway running, and is this its admin port? (--admin URL, or -c FILE)`
    : `${origin} cannot be reached: ${why === '' ? code : why}`;
}

const late = (origin: string): string =>
  `${origin} did not answer within ${PATIENCE_MS / 1_000} s; what was asked for may still happen`;

async function textOfAnswer(response: Response, { origin }: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new AdminError(`${origin} answers with more than 8 MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AdminError) throw error;
    const isLate = (error as Error).name === 'TimeoutError';
    throw new AdminError(isLate ? late(origin) : `${origin} cut its answer short`, {
      cause: error,
    });
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): Tree | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const told = ({ error, message }: Tree): string =>
  asText(error ?? message ?? 'it does not say why');

/** What an answer holds, for people. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? 'unknown' : JSON.stringify(value);
}
