/** Answers requests with the files of a folder. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Body } from '../../core/body.ts';
import { GatewayError, isGatewayError, toError } from '../../core/errors.ts';
import type { MutableHeaders } from '../../core/headers.ts';
import { type ClientExchange, exchangeOf } from '../../edge/client-exchange.ts';
import { answerDirectly } from '../direct-answer.ts';
import { sendOnReplyPath } from '../reply-path.ts';
import { noteBroken } from '../streamed-answer.ts';
import type { Action, ActionContext, Route } from '../route.ts';
import { filePath } from './file-path.ts';
import { fileHead, representationOf } from './file-head.ts';
import { fileBody, type FilePart, shortened } from './file-source.ts';
import { type FilesConfig, locate, type Located } from './locate.ts';
import { OpenFiles } from './open-files.ts';
import { select, type Selection } from './preconditions.ts';

export interface FilesOptions {
  readonly route: Route;
  readonly context: ActionContext;
  readonly config: FilesConfig;
  /** The media type of a file, by its name. */
  readonly typeOf: (name: string) => string;
}

/** Up to this many bytes are read at once, so that a slow client keeps no file open. */
const SHORT_BYTES = 65_536;

interface FileAnswer {
  readonly status: number;
  readonly headers: MutableHeaders;
  readonly body: Body;
}

export function serveFiles(options: FilesOptions): Action {
  const files = new FileServer(options);
  return function servedFile(request, reply, fail) {
    files.serve(request, reply).catch((error: unknown) => fail(toError(error)));
  };
}

/**
 * What is certain without a look at the disk.
 *
 * @throws GW_METHOD_NOT_ALLOWED; GW_ROUTE_NOT_FOUND for a path that no file may have
 */
export function checkWanted({ fallback, dotfiles }: FilesConfig, exchange: ClientExchange): void {
  checkMethod(exchange.method);
  if (fallback === undefined && filePath(exchange.rest, dotfiles) === undefined) throw notFound();
}

function checkMethod(method: string): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new GatewayError('GW_METHOD_NOT_ALLOWED', 'files are only read', {
    headers: { allow: 'GET, HEAD' },
  });
}

class FileServer {
  readonly #options: FilesOptions;
  readonly #open: OpenFiles;

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#open = new OpenFiles(options.config.concurrency);
  }

  async serve(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const exchange = exchangeOf(request.raw);
    checkMethod(exchange.method);
    const answer = await this.#open.turn(() => this.#answer(exchange));
    await this.#send(request, reply, exchange, answer);
  }

  async #answer(exchange: ClientExchange): Promise<FileAnswer> {
    const { config } = this.#options;
    const { rest, headers } = exchange;
    // Nobody waits for it any more.
    if (exchange.signal.reason !== undefined) throw exchange.signal.reason;
    const { accept, 'accept-encoding': acceptEncoding } = headers;
    const found = await locate(config, {
      rest,
      accept,
      acceptEncoding: acceptEncoding,
    });
    if (found.kind === 'none') throw notFound();
    if (found.kind === 'folder') return toFolder(exchange);
    try {
      return await this.#answerWith(found, exchange);
    } catch (error) {
      await found.handle.close();
      throw error;
    }
  }

  async #answerWith(found: Located, { method, headers }: ClientExchange): Promise<FileAnswer> {
    const { config, typeOf } = this.#options;
    const it = representationOf(found);
    const selection = select(method, headers, it);
    const type = typeOf(found.name);
    return {
      status: selection.status,
      headers: fileHead({ config, coding: found.coding, type, it, selection }),
      body: await this.#body(found, method, selection),
    };
  }

  /** @throws GW_OVERLOADED */
  async #body(found: Located, method: string, selection: Selection): Promise<Body> {
    const { handle } = found;
    const isEmpty = method === 'HEAD' || !('end' in selection);
    if (isEmpty || selection.end - selection.start <= SHORT_BYTES) {
      const bytes = isEmpty ? '' : await readPart({ handle, ...selection });
      await handle.close();
      return Body.of(bytes);
    }
    if (!this.#open.beginDownload()) {
      throw new GatewayError('GW_OVERLOADED', 'too many files are being sent');
    }
    const { clock } = this.#options.context;
    return fileBody({ handle, ...selection }, clock, () => this.#open.endDownload());
  }

  #send(
    request: FastifyRequest,
    reply: FastifyReply,
    { record }: ClientExchange,
    { status, headers, body }: FileAnswer,
  ): Promise<void> | undefined {
    const { route, context } = this.#options;
    body.onClose((error) => {
      record.bytesSent = body.received;
      if (error !== undefined && isGatewayError(error)) noteBroken(record, error);
    });
    // The client left while its file was looked for.
    if (reply.raw.destroyed) body.destroy();
    else if (route.replyPath) sendOnReplyPath(reply, { status, headers }, body);
    else return answerDirectly(route, context, { request, reply, head: { status, headers }, body });
    return undefined;
  }
}

/** The whole of a short part. */
async function readPart({ handle, start, end }: FilePart): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(end - start);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw shortened();
    at += bytesRead;
  }
  return bytes;
}

/** Relative links of the index count from the folder. The path is canonical: it names no host. */
const toFolder = ({ path, query }: ClientExchange): FileAnswer => ({
  status: 301,
  headers: { location: `${path}/${query}`, 'content-length': '0' },
  body: Body.of(''),
});

const notFound = (): GatewayError =>
  new GatewayError('GW_ROUTE_NOT_FOUND', 'nothing is served at this path');
