/** Serves the files of a folder, such as the pages and scripts that call the API beside them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ActionConfig, WrittenAction } from '../config/actions.ts';
import { defined } from '../config/build/upstream.ts';
import type { Finding, Path } from '../config/fault.ts';
import { duration, shown } from '../config/schema/types.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { clientPaths } from '../openapi/client-path.ts';
import { freeForm } from '../openapi/free-form.ts';
import { REQUEST_ERRORS, response } from '../openapi/operation.ts';
import type { FilesConfig as RunningFiles } from '../routes/files/locate.ts';
import { checkWanted, serveFiles } from '../routes/files/serve-files.ts';
import { defineAction } from './action.ts';
import { contentTypeOf } from './content-type.ts';

const NAME = /^(?!\.{1,2}$)[^/\\\p{Cc}]{1,200}$/u;

const isName = (text: string): boolean => NAME.test(text);
const isBelow = (text: string): boolean => text.split('/').every(isName);

const Files = z
  .strictObject({
    root: z
      .string()
      .regex(/^[^\p{Cc}]{1,500}$/u, { error: 'is not the name of a folder' })
      .describe(
        'The folder, relative to the config. Nothing outside of it is served, not even by a symbolic link.',
      ),
    index: z
      .string()
      .refine(isName, { error: (issue) => `${shown(issue.input)} is not the name of a file` })
      .default('index.html')
      .describe('File that is served for its folder.'),
    fallback: z
      .string()
      .refine(isBelow, {
        error: (issue) => `${shown(issue.input)} is not a file below "root", such as index.html`,
      })
      .optional()
      .describe(
        'File that browsers get where there is none, if they ask for a page (`Accept: text/html`): for apps that route in the browser. Default: 404.',
      ),
    maxAge: duration()
      .optional()
      .describe(
        'How long clients and caches may keep files without asking again. Pages (HTML) are always checked. Default: no `Cache-Control`.',
      ),
    dotfiles: z
      .boolean()
      .default(false)
      .describe('Serve files and folders whose names begin with a dot. Without it, they are 404.'),
    precompressed: z
      .boolean()
      .default(true)
      .describe(
        'Send `app.js.br`, `app.js.zst` or `app.js.gz` for `app.js`, if the client accepts it and it is not older.',
      ),
    concurrency: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .describe(
        'Most files of more than 64KiB that are sent at once; the next one is 503. Each keeps a file open.',
      ),
  })
  .describe('Action: serve the files of a folder.');

const HIDDEN = 'files and folders are served that begin with a dot, such as .git and .env';

interface FilesConfig extends ActionConfig, RunningFiles {
  readonly kind: 'files';
}

export const files = defineAction({
  key: 'files',
  kind: 'files',
  schema: Files,
  callsUpstreams: false,
  readsBody: false,
  check: checkFiles,
  build: (
    { root, index, fallback, maxAge, dotfiles, precompressed, concurrency },
    _beside,
    _route,
    { at, files: named },
  ): FilesConfig => ({
    kind: 'files',
    root: named.folderAt([...at, 'files', 'root'], root),
    index,
    ...defined({ maxAgeMs: maxAge, fallback: fallback?.split('/') }),
    dotfiles,
    precompressed,
    concurrency,
  }),
  describe: ({ root }) => `files of ${root}`,
  risks: {
    rules: { 'hidden-files': 'medium' },
    *find({ dotfiles }) {
      if (!dotfiles) return;
      yield { rule: 'hidden-files', path: ['files', 'dotfiles'], message: HIDDEN };
    },
  },
  *loosened(before, now) {
    if (before.dotfiles || !now.dotfiles) return;
    yield { rule: 'loosened', severity: 'medium', path: ['files', 'dotfiles'], message: HIDDEN };
  },
  document: (_config, { route, warn }) =>
    clientPaths(route, warn)
      .map((path) => ({ ...path, methods: ['GET'] }))
      .flatMap((path) =>
        freeForm(path, {
          responses: { 200: response('The file.', ANY_FILE), 304: response('It has not changed.') },
          errors: [...REQUEST_ERRORS, 'GW_ROUTE_NOT_FOUND', 'GW_OVERLOADED'],
        }),
      ),
  create: (route, config, context) => serveFiles({ route, context, config, typeOf: contentTypeOf }),
  // If there is such a file: planning does not wait for the disk.
  plan: (config) => (exchange) => {
    checkWanted(config, exchange);
    return { calls: [], answer: { status: 200 } };
  },
});

const ANY_FILE = { '*/*': { schema: {} } };

function* checkFiles(written: WrittenAction): Generator<Finding> {
  const { route, at, matches } = written;
  for (const { at: place, isOpen } of matches.alternatives) {
    if (isOpen) continue;
    const message = 'files are served below a prefix, such as /assets/*; for one file, use respond';
    yield { path: place, message };
  }
  if (isMap(route['files'])) yield* checkRoot(route['files'], [...at, 'files'], written);
}

function* checkRoot(
  { root, fallback }: Tree,
  at: Path,
  { files: named }: WrittenAction,
): Generator<Finding> {
  if (typeof root !== 'string') return;
  const path = [...at, 'root'];
  let folder: string;
  try {
    folder = named.folderAt(path, root);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield { path, message: error.message };
    return;
  }
  if (typeof fallback !== 'string' || !isBelow(fallback)) return;
  if (existsSync(join(folder, fallback))) return;
  yield { path: [...at, 'fallback'], message: `there is no file "${fallback}" in "${root}"` };
}
