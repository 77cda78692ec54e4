/** `portico new`: adds a BFF or a plugin, with its test, and wires it into the config. */
import {
  existsSync,
  readFileSync,
  renameSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILT_IN } from '../../assembly/modules.ts';
import { pluginNameFault } from '../../authoring/plugin.ts';
import { hint } from '../../config/check/suggest.ts';
import { NAME, nameFault } from '../../config/schema/types.ts';
import { type Entry, entryText, insertEntry, sectionText } from '../../config/yaml/insert.ts';
import { readSource, type Source } from '../../config/yaml/source.ts';
import { isMap } from '../../config/yaml/tree.ts';
import { printFaults } from '../faults.ts';
import { besideConfig, schema } from '../schema.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { Refusal, unlessRefused } from './refusal.ts';
import { readTemplate, type Texts } from './templates.ts';
import { writeTexts } from './write-texts.ts';

export interface NewPluginOptions {
  readonly name: string;
  readonly config: string;
}

export interface NewBffOptions extends NewPluginOptions {
  /** The upstream that its first endpoint calls; default: the first one of the config. */
  readonly upstream?: string;
}

/** What is added, and where it goes in the config. */
interface Addition {
  readonly texts: Texts;
  readonly entry: Entry;
  /** What its author may do next. */
  readonly next: string;
}

export const newPlugin = (options: NewPluginOptions, terminal: Terminal): Promise<number> =>
  unlessRefused(async () => {
    const { name } = options;
    mustBeName(pluginNameFault(name));
    if (BUILT_IN.some((plugin) => plugin.name === name)) {
      throw new Refusal(`there is a built-in plugin "${name}": choose another name`, EXIT.usage);
    }
    const source = await readConfig(options, terminal);
    mustBeNew(source, 'plugins', name);
    const addition: Addition = {
      texts: readTemplate('plugin', { myPlugin: name }),
      entry: { section: 'plugins', name, lines: [`module: ./plugins/${name}.ts`] },
      next: `switch it on with a key of a route: ${name}: { text: hello }`,
    };
    await add(addition, options, terminal);
  }, terminal);

export const newBff = (options: NewBffOptions, terminal: Terminal): Promise<number> =>
  unlessRefused(async () => {
    const { name } = options;
    mustBeName(NAME.test(name) ? undefined : nameFault(name, 'a BFF'));
    const source = await readConfig(options, terminal);
    mustBeNew(source, 'routes', name);
    const upstream = upstreamFor(source, options);
    const addition: Addition = {
      texts: readTemplate('bff', { myBff: name, myUpstream: upstream }),
      entry: {
        section: 'routes',
        name,
        lines: [`match: { path: /${name}/* }`, `bff: ./bff/${name}/index.ts`],
      },
      next: `it calls the upstream "${upstream}": GET /${name}/hello/1`,
    };
    await add(addition, options, terminal);
  }, terminal);

function mustBeName(fault: string | undefined): void {
  if (fault !== undefined) throw new Refusal(fault, EXIT.usage);
}

/** Its faults are not looked at, as long as its texts can be read. */
async function readConfig({ config }: NewPluginOptions, terminal: Terminal): Promise<Source> {
  if (!existsSync(config)) {
    throw new Refusal(
      `there is no ${config}: name the config with -c, or start with portico init`,
      EXIT.badConfig,
    );
  }
  const source = await readSource(config, terminal.environment);
  if (source.complete) return source;
  printFaults(source.faults, terminal);
  throw new Refusal('nothing was written', EXIT.badConfig);
}

function mustBeNew(source: Source, section: 'plugins' | 'routes', name: string): void {
  if (!(name in membersOf(source, section))) return;
  const { file, line } = source.place({ path: [section, name], message: '', at: 'key' });
  throw new Refusal(`${file}:${line} has ${section}.${name} already: choose another name`);
}

function upstreamFor(source: Source, { upstream, config }: NewBffOptions): string {
  const known = Object.keys(membersOf(source, 'upstreams'));
  const chosen = upstream ?? known[0];
  if (chosen === undefined) {
    throw new Refusal(`${config} has no upstream for the BFF to call: add one under "upstreams"`);
  }
  // The config may have faults; what is written must be code all the same.
  if (!NAME.test(chosen)) throw new Refusal(nameFault(chosen, 'an upstream'));
  if (known.includes(chosen)) return chosen;
  throw new Refusal(`${config} has no upstream "${chosen}"${hint(chosen, known)}`);
}

function membersOf({ tree }: Source, section: string): Readonly<Record<string, unknown>> {
  const members = tree[section];
  return isMap(members) ? members : {};
}

async function add(
  { texts, entry, next }: Addition,
  { config }: NewPluginOptions,
  terminal: Terminal,
): Promise<void> {
  const folder = dirname(config);
  writeTexts(folder, texts);
  for (const path of texts.keys()) terminal.out(`wrote ${join(folder, path)}`);
  const isWired = wire(entry, config, terminal);
  if (isWired && existsSync(besideConfig(config))) {
    await schema({ config, out: besideConfig(config) }, terminal);
  }
  terminal.out(`Next: ${next}`);
}

/** Puts it into the config, or tells what to put there. */
function wire(entry: Entry, config: string, { out }: Terminal): boolean {
  const text = readFileSync(config, 'utf8');
  const edited = insertEntry(text, entry);
  const { section, name } = entry;
  if (edited === undefined) {
    const isThere = new RegExp(`^["']?${section}["']?\\s*:`, 'm').test(text);
    const lines = isThere ? entryText(entry) : sectionText(entry);
    out(
      `${config} could not be changed safely. Add to it${isThere ? `, under "${section}"` : ''}:\n${lines}`,
    );
    return false;
  }
  replaceText(config, edited);
  out(`added ${section}.${name} to ${config}`);
  return true;
}

/** Whole or not at all; a link stays one. */
function replaceText(config: string, text: string): void {
  const file = realpathSync(config);
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text, { flag: 'wx', mode: statSync(file).mode });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(`${config} cannot be written (${code}); the new files are`);
  }
}
