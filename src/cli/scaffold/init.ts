/** `portico init`: a gateway of one's own in a folder, with a BFF, a plugin and their tests. */
import { mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { besideConfig, schema } from '../schema.ts';
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
    mustBeFree(folder, [...texts.keys(), besideConfig('')]);
    writeTexts(folder, texts);
    await writeSchema(join(folder, CONFIG), terminal);
    const names = [...texts.keys(), besideConfig('')].toSorted((a, b) => a.localeCompare(b));
    for (const name of names) terminal.out(`wrote ${join(given, name)}`);
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

/** With the options of the plugin that was just written. */
async function writeSchema(config: string, { environment, err }: Terminal): Promise<void> {
  const quiet = { environment, err, out: () => undefined };
  const code = await schema({ config, out: besideConfig(config) }, quiet);
  if (code !== EXIT.ok) throw new Refusal('everything else was written', code);
}
