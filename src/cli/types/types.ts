/** `portico types`: types of the upstreams' OpenAPI documents, for the BFFs that call them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hint } from '../../config/check/suggest.ts';
import { loadValid } from '../load-valid.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { apiDigest, apiText } from './api-text.ts';
import { declarationsOf, missingTool } from './tool.ts';

export interface TypesOptions {
  readonly config: string;
  /** Default: `bff/types` beside the config. */
  readonly out?: string | undefined;
  /** Write nothing; tell what is not up to date. */
  readonly check: boolean;
  /** Names of upstreams. Default: all that have a document. */
  readonly upstreams: readonly string[];
}

/** The types of one upstream. */
interface Wanted {
  readonly upstream: string;
  readonly file: string;
  readonly document: string;
  /** The first line of the file. */
  readonly mark: string;
}

export async function types(options: TypesOptions, terminal: Terminal): Promise<number> {
  const loaded = await loadValid(options, terminal);
  if (loaded === undefined) return EXIT.badConfig;
  const folder = options.out ?? join(dirname(options.config), 'bff', 'types');
  const documented = Object.values(loaded.config.upstreams).flatMap(({ name, openapi }) =>
    openapi === undefined ? [] : [wantedOf(name, apiText(name, openapi), folder)],
  );
  const names = documented.map(({ upstream }) => upstream);
  const unknown = options.upstreams.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    terminal.err(
      `no upstream with a document (openapi) is called "${unknown}"${hint(unknown, names)}`,
    );
    return EXIT.failed;
  }
  const chosen = documented.filter(
    ({ upstream }) => options.upstreams.length === 0 || options.upstreams.includes(upstream),
  );
  if (chosen.length === 0) terminal.out('no upstream has a document (openapi)');
  const stale = chosen.filter((wanted) => !isUpToDate(wanted));
  return options.check ? tell(stale, terminal) : write(stale, chosen.length, terminal);
}

function wantedOf(upstream: string, document: string, folder: string): Wanted {
  const mark = `// Made by "portico types" of the document of ${upstream} (${apiDigest(document)}): do not edit.`;
  return { upstream, document, mark, file: join(folder, `${upstream}.d.ts`) };
}

function isUpToDate({ file, mark }: Wanted): boolean {
  try {
    return readFileSync(file, 'utf8').startsWith(`${mark}\n`);
  } catch {
    return false;
  }
}

/** Needs no tool: the first line of a file tells what it was made of. */
function tell(stale: readonly Wanted[], terminal: Terminal): number {
  for (const { upstream, file } of stale) {
    terminal.err(
      `${shown(file)} is not of the document of ${upstream} as it is: run portico types`,
    );
  }
  if (stale.length === 0) terminal.out('the types are up to date');
  return stale.length === 0 ? EXIT.ok : EXIT.failed;
}

async function write(stale: readonly Wanted[], count: number, terminal: Terminal): Promise<number> {
  if (stale.length === 0) {
    if (count > 0) terminal.out('the types are up to date');
    return EXIT.ok;
  }
  const missing = missingTool();
  if (missing !== undefined) {
    terminal.err(missing);
    return EXIT.failed;
  }
  for (const { upstream, file, mark, document } of stale) {
    try {
      const text = await declarationsOf(document);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${mark}\n${text}`);
    } catch (error) {
      terminal.err(
        `${shown(file)} cannot be made of the document of ${upstream}: ${(error as Error).message}`,
      );
      return EXIT.failed;
    }
    terminal.out(`wrote ${shown(file)}`);
  }
  return EXIT.ok;
}

const shown = (file: string): string => relative(process.cwd(), file) || file;
