/**
 * The files that `init` and `new` write. They are real files, in `templates/` of this package, where they are
 * type-checked and tested: a few words in them stand for what is known only when they are written.
 *
 * A leading `_` hides a file from the tools of this repository, and from npm: `_package.json`. It is taken off.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Texts by path, relative to where they are written. */
export type Texts = ReadonlyMap<string, string>;

/** What to write for each word of a template, in its texts and in its file names. */
export type Words = Readonly<Record<string, string>>;

interface PackageJson {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
/** Of this package, from its sources and from `dist/` alike. */
const MANIFEST = require.resolve('portico/package.json');
export const PACKAGE_FOLDER = dirname(MANIFEST);

/** What a project needs beside it, in the versions that this package is tested with. */
export function versionWords(): Words {
  const { version, engines, dependencies, devDependencies } = require(MANIFEST) as PackageJson;
  return {
    PORTICO_VERSION: version,
    NODE_RANGE: engines.node,
    NODE_TYPES_RANGE: dependencies['@types/node'] ?? '*',
    TYPESCRIPT_VERSION: devDependencies['typescript'] ?? '*',
  };
}

/** One of the folders in `templates/`. */
export function readTemplate(name: 'project' | 'bff' | 'plugin', words: Words): Texts {
  const folder = join(PACKAGE_FOLDER, 'templates', name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = files.map(({ parentPath, name: file }): [string, string] => {
    const path = join(relative(folder, parentPath), file.replace(/^_/, ''));
    return [withWords(path, words), withWords(readFileSync(join(parentPath, file), 'utf8'), words)];
  });
  return new Map(texts.toSorted(([a], [b]) => a.localeCompare(b)));
}

/** All at once: what one word becomes may contain another. */
function withWords(text: string, words: Words): string {
  const keys = Object.keys(words);
  if (keys.length === 0) return text;
  return text.replaceAll(new RegExp(keys.join('|'), 'g'), (word) => words[word]!);
}
