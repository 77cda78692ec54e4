/**
 * `node .ci/sbom.ts ROOT`: checks what the image whose files are below ROOT says that it holds. Each package is listed once
 * with its version, under a licence that asks for no more than its text. Prints what is wrong.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
]);

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly { readonly license?: { readonly id?: string } }[];
}

interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

const app = join(process.argv[2] ?? '', 'app');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const nameOf = ({ name, version }: Component): string => `${name}@${version}`;

const { bomFormat, metadata, components } = readJson(join(app, 'sbom.cdx.json')) as Bom;
const held = globSync(`${app}/node_modules/{,**/node_modules/}{*,@*/*}/package.json`)
  .map((path) => readJson(path) as Component)
  .filter(({ name, version }) => name !== undefined && version !== undefined)
  .map(nameOf);
const listed = components.map(nameOf);

const faults = [
  ...(bomFormat === 'CycloneDX' ? [] : [`the format is ${bomFormat}`]),
  ...(metadata.component.name === 'portico' ? [] : [`it is about ${metadata.component.name}`]),
  ...(existsSync(join(app, 'LICENSE')) ? [] : ['there is no LICENSE']),
  ...(held.length > 20 ? [] : [`only ${held.length} packages are there`]),
  ...held.filter((name) => !listed.includes(name)).map((name) => `${name} is not listed`),
  ...listed.filter((name) => !held.includes(name)).map((name) => `${name} is not there`),
  ...components.flatMap(licenceFaults),
];

function licenceFaults(component: Component): string[] {
  const ids = (component.licenses ?? []).map(({ license }) => license?.id ?? 'unknown');
  const isFine = ids.length > 0 && ids.every((id) => ALLOWED.has(id));
  return isFine ? [] : [`${nameOf(component)}: ${ids.join(', ') || 'no licence'}`];
}

for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
