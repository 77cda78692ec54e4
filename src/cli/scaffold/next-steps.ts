/** What to do in a new project, as lines for a shell. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Environment } from '../../config/yaml/environment.ts';
import { PACKAGE_FOLDER, versionWords } from './templates.ts';

/** The part of npm's own list of what it has installed that is read here. */
interface Installed {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
}

/** A checkout was not installed by npm, and so npm could not install it again by its name: it is packed first. */
const isInstalled = PACKAGE_FOLDER.split(sep).includes('node_modules');

/** `environment` tells which Node.js npm runs on: here it may be another one, which a project has brought. */
export function nextSteps(folder: string, environment: Environment): readonly string[] {
  const path = relative('', folder);
  const { PORTICO_VERSION: version, NODE_RANGE: range = '' } = versionWords();
  const tarball = isInstalled ? tarballFrom(folder) : `./portico-${version}.tgz`;
  const needed = Number(/\d+/.exec(range));
  return [
    ...(isInstalled
      ? []
      : [
          `npm pack ${quoted(pathFrom('', PACKAGE_FOLDER))} --pack-destination ${quoted(path || '.')}`,
        ]),
    ...(path === '' ? [] : [`cd ${quoted(path)}`]),
    tarball === undefined ? 'npm install' : `npm install ${quoted(tarball)}`,
    ...(npmsNode(environment) < needed ? [`npm install --save-dev node@${needed}`] : []),
    'npm test',
    'npx portico validate',
    'npx portico dev',
  ];
}

/** The file that this package was installed from, if it was one: npm would look for its name elsewhere. */
function tarballFrom(folder: string): string | undefined {
  const modules = dirname(PACKAGE_FOLDER);
  const resolved = installedFrom(join(modules, '.package-lock.json'));
  if (resolved?.startsWith('file:') !== true) return undefined;
  const file = resolve(modules, '..', resolved.slice('file:'.length));
  return existsSync(file) ? pathFrom(folder, file) : undefined;
}

function installedFrom(list: string): string | undefined {
  try {
    const { packages } = JSON.parse(readFileSync(list, 'utf8')) as Installed;
    return packages?.['node_modules/portico']?.resolved;
  } catch {
    // Another package manager keeps no such list.
    return undefined;
  }
}

/** Its major version, from `npm/11.19.1 node/v20.20.2 linux x64`; if npm did not start this, any will do. */
const npmsNode = (environment: Environment): number =>
  Number(/\bnode\/v(\d+)/.exec(environment['npm_config_user_agent'] ?? '')?.[1] ?? Infinity);

/** npm takes a path for one only if it begins as such. */
function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') ? path : `.${path && sep}${path}`;
}

const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
