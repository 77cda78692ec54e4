/** Parameters of operations. */
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import type { ApiParameter } from './model.ts';
import type { Placed, References } from './references.ts';
import type { Schemas } from './schemas.ts';

const PLACES = ['path', 'query', 'header', 'cookie'] as const;
type Place = (typeof PLACES)[number];

const STYLES: Readonly<Record<Place, readonly string[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

/** OpenAPI ignores them as parameters: they are told by content and security. */
const IGNORED = new Set(['accept', 'content-type', 'authorization']);

/** @throws {OpenapiFault} for one that cannot be understood */
export function readParameters(
  { value, path }: Placed,
  references: References,
  schemas: Schemas,
): ApiParameter[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw references.fault(path, 'expected a list of parameters');
  return value
    .map((each: unknown, i) => references.mapAt({ value: each, path: [...path, i] }, 'a parameter'))
    .filter(({ value: each }) => each['x-internal'] !== true)
    .map(({ value: each, path: at }) => readParameter(each, at, references, schemas))
    .filter((each) => each.in !== 'header' || !IGNORED.has(each.name.toLowerCase()));
}

function readParameter(
  written: Tree,
  path: Path,
  references: References,
  schemas: Schemas,
): ApiParameter {
  const { name, in: place } = written;
  if (typeof name !== 'string' || name === '') throw references.fault(path, 'has no "name"');
  if (!isPlace(place)) {
    throw references.fault(path, `the parameter "${name}" needs an "in": ${PLACES.join(', ')}`);
  }
  const [byDefault] = STYLES[place];
  const style = written['style'] ?? byDefault!;
  if (typeof style !== 'string' || !STYLES[place].includes(style)) {
    const known = STYLES[place].join(', ');
    throw references.fault([...path, 'style'], `is no style for ${place}: use ${known}`);
  }
  return {
    name,
    in: place,
    ...(typeof written['description'] === 'string' && { description: written['description'] }),
    isRequired: place === 'path' || written['required'] === true,
    isDeprecated: written['deprecated'] === true,
    style,
    explode: typeof written['explode'] === 'boolean' ? written['explode'] : style === 'form',
    allowReserved: written['allowReserved'] === true,
    ...contentOf(written, path, schemas),
  };
}

/** By `schema`, or by the one media type of `content`. */
function contentOf(
  { schema = {}, content }: Tree,
  path: Path,
  schemas: Schemas,
): Pick<ApiParameter, 'schema' | 'mediaType'> {
  const [entry] = isMap(content) ? Object.entries(content) : [];
  if (entry === undefined)
    return { schema: schemas.read({ value: schema, path: [...path, 'schema'] }) };
  const [mediaType, media] = entry;
  const value = isMap(media) ? (media['schema'] ?? {}) : {};
  const at = [...path, 'content', mediaType, 'schema'];
  return { schema: schemas.read({ value, path: at }), mediaType };
}

const isPlace = (value: unknown): value is Place => PLACES.some((place) => place === value);
