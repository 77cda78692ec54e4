/** What to do in a new project, as lines for a shell. */
import { relative, sep } from 'node:path';
import { PACKAGE_FOLDER, versionWords } from './templates.ts';

/** A checkout was not installed by npm, and so npm could not install it again by its name: it is packed first. */
const isInstalled = PACKAGE_FOLDER.split(sep).includes('node_modules');

export function nextSteps(folder: string): readonly string[] {
  const path = relative('', folder);
  return [
    ...(isInstalled
      ? []
      : [`npm pack ${quoted(here())} --pack-destination ${quoted(path || '.')}`]),
    ...(path === '' ? [] : [`cd ${quoted(path)}`]),
    isInstalled ? 'npm install' : `npm install ./portico-${versionWords()['PORTICO_VERSION']}.tgz`,
    'npm test',
    'npx portico validate',
    'npx portico dev',
  ];
}

/** npm takes a path for one only if it begins as such. */
function here(): string {
  const path = relative('', PACKAGE_FOLDER);
  return path.startsWith('..') ? path : `.${path && sep}${path}`;
}

const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
