/** Checks the parameters of one place of a request: its path, query, header or cookies. */
import { type ApiParameter, type ApiSchema, parseRequestJson } from 'portico';
import { type Coercion, membersOf, type Reading, typesIn } from '../coerce.ts';
import { LostDigits } from '../lost-digits.ts';
import type { Texts } from '../request.ts';
import type { Invalid, Schema, Validator } from '../schema.ts';
import type { DocumentSchemas, Pause } from './document-schemas.ts';
import { type Decode, listOf, mapOf, oneOf, type Shape, unique } from './styles.ts';

/** Names and values as a request has them, not decoded, in their order; of a query, names are decoded. */
export type Pairs = readonly (readonly [name: string, raw: string])[];

export interface PlaceRules {
  readonly decode: Decode;
  /** Parameters that are not described are refused. */
  readonly refusesUnknown: boolean;
  /** Each of them is there, once. */
  readonly isPath?: boolean;
}

export type PlaceCheck = (pairs: Pairs) => readonly Invalid[];

interface Reader {
  readonly parameter: ApiParameter;
  readonly shape: Shape | 'json';
  /** Of an object: how its members are read. */
  readonly coercion: Coercion | undefined;
  /** Of an object whose members are parameters themselves: their names, and whether it takes all others. */
  readonly members: ReturnType<typeof membersOf> | undefined;
}

/** `undefined` if nothing in that place could be wrong. */
export async function compilePlace(
  parameters: readonly ApiParameter[],
  { decode, refusesUnknown, isPath = false }: PlaceRules,
  schemas: DocumentSchemas,
  pause: Pause,
): Promise<PlaceCheck | undefined> {
  const isFree = parameters.every(({ schema, isRequired, style }) =>
    isPath
      ? style === 'simple' && (isAny(schema) || isText(schema))
      : !isRequired && style !== 'deepObject' && isAny(schema),
  );
  if (!refusesUnknown && (parameters.length === 0 || isFree)) return undefined;
  const schema = objectOf(parameters);
  const validate = await schemas.validator(schema, pause);
  const coercion = schemas.coercion(schema);
  const readers = parameters.map((each) => readerOf(each, schemas));
  const place = { readers, validate, coercion, decode, refusesUnknown };
  return (pairs) => checkPlace(place, pairs);
}

const isAny = (schema: ApiSchema): boolean =>
  schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0);

/** Keywords that refuse nothing. */
const NOTES = new Set(['title', 'description', 'default', 'deprecated', 'readOnly', 'writeOnly']);

/** Does any text fit? */
const isText = (schema: ApiSchema): boolean =>
  typeof schema === 'object' &&
  schema['type'] === 'string' &&
  Object.keys(schema).every((keyword) => keyword === 'type' || NOTES.has(keyword));

function objectOf(parameters: readonly ApiParameter[]): Schema {
  const required = parameters.flatMap(({ name, isRequired }) => (isRequired ? [name] : []));
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
  };
}

function readerOf(parameter: ApiParameter, schemas: DocumentSchemas): Reader {
  const { mediaType, style, explode } = parameter;
  const own = typeof parameter.schema === 'object' ? parameter.schema : {};
  const root = schemas.rootOf(own);
  const types = typesIn(root, root);
  const isJson = mediaType !== undefined;
  const isMap =
    !isJson && (style === 'deepObject' || (types.has('object') && !types.has('string')));
  const isList = types.has('array') && !types.has('string');
  const isSpread = isMap && style === 'form' && explode;
  return {
    parameter,
    shape: isJson ? 'json' : isMap ? 'map' : isList ? 'list' : 'one',
    coercion: isMap ? schemas.coercion(own) : undefined,
    members: isSpread ? membersOf(root, root) : undefined,
  };
}

interface Place extends PlaceRules {
  readonly readers: readonly Reader[];
  readonly validate: Validator;
  readonly coercion: Coercion;
}

function checkPlace(place: Place, pairs: Pairs): readonly Invalid[] {
  const read = new PlaceReader(place, pairs);
  if (read.faults.length > 0) return read.faults.slice(0, MAX_FAULTS);
  const faults = read.validated('other');
  if (faults.length === 0 || !read.isAmbiguous) return faults;
  return read.validated('text').length === 0 ? [] : faults;
}

const MAX_FAULTS = 20;
const MAX_POINTER = 200;

/** RFC 6901 §3. */
const pointerTo = (name: string): string =>
  `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, MAX_POINTER);

/** What is written in one place of one request. */
class PlaceReader {
  readonly faults: Invalid[] = [];
  readonly #place: Place;
  readonly #pairs = new Map<string, string[]>();
  /** Single values and lists, as texts. */
  readonly #texts = Object.create(null) as Texts;
  readonly #maps: { readonly name: string; readonly coercion: Coercion; readonly texts: Texts }[] =
    [];
  readonly #ready: [string, unknown][] = [];
  readonly #lost = new LostDigits();
  readonly #used = new Set<string>();

  constructor(place: Place, pairs: Pairs) {
    this.#place = place;
    for (const [name, raw] of pairs) {
      const known = this.#pairs.get(name);
      if (known === undefined) this.#pairs.set(name, [raw]);
      else known.push(raw);
    }
    for (const { parameter } of place.readers) this.#used.add(parameter.name);
    for (const reader of place.readers) this.#read(reader);
    if (place.refusesUnknown) this.#refuseUnknown();
  }

  get isAmbiguous(): boolean {
    return (
      this.#place.coercion.isAmbiguous || this.#maps.some(({ coercion }) => coercion.isAmbiguous)
    );
  }

  validated(reading: Reading): readonly Invalid[] {
    const lost = this.#lost;
    const { value } = this.#place.coercion.read(this.#texts, reading, lost);
    const values = value as Record<string, unknown>;
    for (const { name, coercion, texts } of this.#maps) {
      values[name] = coercion.read(texts, reading, lost).value;
    }
    for (const [name, ready] of this.#ready) values[name] = ready;
    return this.#place.validate(values, lost.isEmpty ? undefined : lost);
  }

  #read(reader: Reader): void {
    const { parameter, shape } = reader;
    const { name, style } = parameter;
    try {
      if (style === 'deepObject') this.#readDeep(reader);
      else if (reader.members !== undefined) this.#readSpread(reader);
      else {
        const raws = this.#pairs.get(name);
        if (raws === undefined) return;
        const isRepeated = shape === 'list' && style === 'form' && parameter.explode;
        if (isRepeated) this.#texts[name] = raws.map(this.#place.decode);
        else if (raws.length > 1) this.#fault(name, 'must not be given twice');
        else this.#readOne(reader, raws[0]!);
      }
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      this.#fault(name, 'is not encoded as UTF-8');
    }
  }

  #readOne({ parameter, shape, coercion }: Reader, raw: string): void {
    const { name } = parameter;
    const { decode } = this.#place;
    if (shape === 'one') this.#texts[name] = oneOf(raw, parameter, decode);
    else if (shape === 'list') this.#texts[name] = listOf(raw, parameter, decode);
    else if (shape === 'json') this.#readJson(name, decode(raw));
    else this.#addMap(name, coercion!, mapOf(raw, parameter, decode));
  }

  #readJson(name: string, text: string): void {
    try {
      this.#ready.push([name, parseRequestJson(Buffer.from(text), this.#lost.read)]);
    } catch {
      this.#fault(name, 'must be JSON');
    }
  }

  /** `filter[size]=3` */
  #readDeep({ parameter: { name }, coercion }: Reader): void {
    const found: [string, string][] = [];
    for (const [key, raws] of this.#pairs) {
      if (!key.startsWith(`${name}[`) || !key.endsWith(']')) continue;
      this.#used.add(key);
      const member = key.slice(name.length + 1, -1);
      for (const raw of raws) found.push([member, this.#place.decode(raw)]);
    }
    if (found.length > 0) this.#addMap(name, coercion!, unique(found));
  }

  /** The members of the object are parameters of their own. */
  #readSpread({ parameter: { name }, coercion, members }: Reader): void {
    const found: [string, string][] = [];
    for (const [key, raws] of this.#pairs) {
      const isMember = members!.names.has(key) || (members!.isOpen && !this.#used.has(key));
      if (!isMember) continue;
      this.#used.add(key);
      for (const raw of raws) found.push([key, this.#place.decode(raw)]);
    }
    if (found.length > 0) this.#addMap(name, coercion!, unique(found));
  }

  #addMap(name: string, coercion: Coercion, texts: Texts | undefined): void {
    if (texts === undefined) this.#fault(name, 'must name each member once, with a value');
    else this.#maps.push({ name, coercion, texts });
  }

  #refuseUnknown(): void {
    for (const name of this.#pairs.keys()) {
      if (!this.#used.has(name)) this.#fault(name, 'is not allowed');
      if (this.faults.length >= MAX_FAULTS) return;
    }
  }

  #fault(name: string, detail: string): void {
    this.faults.push({ pointer: pointerTo(name), detail });
  }
}
