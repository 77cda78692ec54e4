/**
 * `GET /`: the operator's page, whose files under `page/` a browser runs as they are.
 *
 * Nothing is read before somebody opens the page; then each file once. The page loads and asks nothing but this port
 * ({@link PAGE_FIELDS}), and all its addresses are relative, so that it works behind a proxy that adds a prefix.
 */
import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** No script, style or request from elsewhere, none inline, and no frame around it: tokens are typed into it. */
export const PAGE_FIELDS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // A newer gateway has newer files; the ETag spares the rest.
  'cache-control': 'no-cache',
} as const;

const FOLDER = fileURLToPath(new URL('./page/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
/** Of uPlot, which draws the plots: the names that the page has for them. Its licence stands in the script. */
const OF_UPLOT = { 'uplot.js': 'uplot/dist/uPlot.esm.js', 'uplot.css': 'uplot/dist/uPlot.min.css' };

interface PageFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Adds the page to the admin port, whose guard decides who may read it. */
export function addPage(app: FastifyInstance): void {
  const files = new PageFiles();
  app.get('/', (request, reply) => send(files.at('index.html'), request, reply));
  app.get<{ Params: { '*': string } }>('/page/*', (request, reply) =>
    send(files.at(request.params['*']), request, reply),
  );
}

class PageFiles {
  /** Where each file lies, by its path in the page. */
  #places: ReadonlyMap<string, string> | undefined;
  readonly #read = new Map<string, Promise<PageFile>>();

  /** `undefined`: the page has no such file. */
  at(path: string): Promise<PageFile> | undefined {
    this.#places ??= placesOfFiles();
    const place = this.#places.get(path);
    if (place === undefined) return undefined;
    let file = this.#read.get(path);
    if (file === undefined) {
      file = readPageFile(place);
      this.#read.set(path, file);
      // Read again the next time: descriptors may have run out.
      file.catch(() => this.#read.delete(path));
    }
    return file;
  }
}

/** Only what is listed is served, whatever a path holds. */
function placesOfFiles(): Map<string, string> {
  const own = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => extname(name) in TYPES)
    .map((name) => [name.replaceAll('\\', '/'), join(FOLDER, name)] as const);
  const { resolve } = createRequire(import.meta.url);
  const others = Object.entries(OF_UPLOT).map(([name, file]) => [name, resolve(file)] as const);
  return new Map([...own, ...others]);
}

async function readPageFile(place: string): Promise<PageFile> {
  const content = await readFile(place);
  const etag = `"${hash('sha256', content, 'base64url').slice(0, 22)}"`;
  return { content, type: TYPES[extname(place)]!, etag };
}

async function send(
  found: Promise<PageFile> | undefined,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (found === undefined) return reply.callNotFound();
  const { content, type, etag } = await found;
  void reply.headers(PAGE_FIELDS).header('etag', etag);
  if (headers['if-none-match']?.split(/\s*,\s*/).includes(etag) === true)
    return reply.code(304).send();
  return reply.type(type).send(content);
}
