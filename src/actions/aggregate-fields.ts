/**
 * Which parts a client asks for: `?fields=order(id,total),payment`. Others are not called, unless one that is asked for
 * uses their values, or they write.
 */
import { GatewayError } from '../core/errors.ts';
import { queryValue } from '../routes/conditions.ts';
import { fieldOf } from '../routes/shape/field-tree.ts';
import { FIELDS, parseSelection, type Selection } from '../routes/shape/selection.ts';
import type { Edges } from './aggregate-graph.ts';
import { placeOf } from './aggregate-layout.ts';
import type { PartConfig } from './aggregate-schema.ts';

export interface Chosen {
  /** By part: is it called, if its condition holds? */
  readonly isCalled: readonly boolean[];
  /** By part: what of it is shown; absent: nothing. */
  readonly shown: readonly (Selection | undefined)[];
}

type Config = Pick<PartConfig, 'name' | 'as' | 'spread' | 'method'>;

/**
 * @returns `undefined` if the client asks for everything
 * @throws GW_REQUEST_INVALID for what is no list of fields, and for a field at the top that no part has
 */
export function chosenBy(
  query: string,
  parts: readonly (Pick<Edges, 'needs'> & { readonly config: Config })[],
): Chosen | undefined {
  const text = queryValue(query, FIELDS);
  if (text === undefined) return undefined;
  const selection = parseSelection(text);
  const configs = parts.map(({ config }) => config);
  const foreign = foreignNames(selection, configs);
  const shown = configs.map((config) => shownOf(selection, config, foreign.length > 0));
  const isCalled = shown.map((each, at) => each !== undefined || configs[at]!.method !== 'GET');
  const call = (at: number): void => {
    isCalled[at] = true;
    parts[at]!.needs.forEach(call);
  };
  isCalled.forEach((is, at) => is && call(at));
  return { isCalled, shown };
}

/** The names at the top that no part has as its place: fields of parts that are spread. */
function foreignNames({ names }: Selection, configs: readonly Config[]): readonly string[] {
  const places = new Set(configs.flatMap((each) => (each.spread ? [] : [placeOf(each)[0]!])));
  const foreign = [...names.keys()].filter((name) => !places.has(name));
  const [first] = foreign;
  if (first === undefined || configs.some(({ spread }) => spread)) return foreign;
  const known = [...places].join(', ');
  throw new GatewayError(
    'GW_REQUEST_INVALID',
    `the query parameter fields names ${JSON.stringify(first)}, which is none of ${known}`,
  );
}

function shownOf(root: Selection, config: Config, hasForeign: boolean): Selection | undefined {
  if (config.spread) return hasForeign ? root : undefined;
  let found: Selection | undefined = root;
  for (const name of placeOf(config)) {
    found = found && fieldOf(found, name);
    if (found?.end !== undefined) return found;
  }
  return found;
}
