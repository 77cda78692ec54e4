/** `portico init`: a gateway of one's own in a folder, with a BFF, a plugin and their tests. */
import { mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { besideConfig, casesBesideConfig, casesSchema, schema } from '../schema.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { nextSteps } from './next-steps.ts';
import { Refusal, unlessRefused } from './refusal.ts';
import { readTemplate, type Texts, versionWords } from './templates.ts';
import { mustBeFree, writeTexts } from './write-texts.ts';

export interface InitOptions {
  readonly folder: string;
}

const CONFIG = 'gateway.config.yaml';

export const init = ({ folder: given }: InitOptions, terminal: Terminal): Promise<number> =>
  unlessRefused(async () => {
    const folder = resolve(given);
    const texts = projectTexts(packageNameOf(basename(folder)));
    makeFolder(folder, given);
    const names = [...texts.keys(), besideConfig(''), casesBesideConfig('')];
    mustBeFree(folder, names);
    writeTexts(folder, texts);
    await writeSchemas(join(folder, CONFIG), terminal);
    for (const name of names.toSorted((a, b) => a.localeCompare(b))) {
      terminal.out(`wrote ${join(given, name)}`);
    }
    terminal.out(
      ['', 'Next:', ...nextSteps(folder, terminal.environment).map((step) => `  ${step}`)].join(
        '\n',
      ),
    );
  }, terminal);

const projectTexts = (name: string): Texts =>
  new Map([
    ...readTemplate('project', { 'my-gateway': name, ...versionWords() }),
    ...readTemplate('bff', { myBff: 'web', myUpstream: 'api' }),
    ...readTemplate('plugin', { myPlugin: 'stamp' }),
  ]);

/** A name that npm takes for a package; it refuses `portico`, which is in the dependencies. */
function packageNameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-._]+/, '')
    .replace(/[-._]+$/, '')
    .slice(0, 100);
  if (name === '') return 'my-gateway';
  return ['portico', 'node_modules', 'favicon.ico'].includes(name) ? `my-${name}` : name;
}

function makeFolder(folder: string, given: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const isFile = statSync(folder, { throwIfNoEntry: false })?.isFile() === true;
    const why = isFile ? 'it is a file' : (error as NodeJS.ErrnoException).code;
    throw new Refusal(`the folder ${given} cannot be made: ${why}`);
  }
}

/** That of the config has the options of the plugin that was just written. */
async function writeSchemas(config: string, { environment, err }: Terminal): Promise<void> {
  const quiet = { environment, err, out: () => undefined };
  const code = await schema({ config, out: besideConfig(config) }, quiet);
  if (code === EXIT.ok && casesSchema(casesBesideConfig(config), quiet) === EXIT.ok) return;
  throw new Refusal('everything else was written', code === EXIT.ok ? EXIT.failed : code);
}
