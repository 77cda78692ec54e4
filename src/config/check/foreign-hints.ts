/** Looks up words of other gateways: what each means here, and what to say about it. */
import type { Path } from '../fault.ts';
import { FOREIGN } from './foreign-words.ts';

export interface ForeignWord {
  /** What it is here: a key beside it, or one elsewhere from the root, such as `upstreams.*.targets`. */
  readonly means?: string;
  /** How to write that; or why there is no such thing. */
  readonly say: string;
}

/** Places that are written like another. */
const ALIKE: readonly (readonly [place: RegExp, like: string])[] = [
  [/^defaults\.routes(?=\.|$)/, 'routes.*'],
  [/^defaults\.upstreams(?=\.|$)/, 'upstreams.*'],
  [/^routes\.\*\.retry$/, 'upstreams.*.retry'],
  [/^routes\.\*\.fallback\.respond$/, 'routes.*.respond'],
];

const NAMED = /^(upstreams|routes|plugins\.jwt\.issuers|routes\.\*\.aggregate)\.[^.]+/;

/** What `key`, of the map at `path`, is called here; `undefined` if no other gateway uses the word. */
export const foreignWord = (path: Path, key: string): ForeignWord | undefined =>
  WORDS.get(placeOf(path))?.get(plain(key));

/** How the key at `path` is written, such as `retry: { attempts: 2 }`, where the table has it. */
export function exampleAt(path: Path): string | undefined {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  const rows = FOREIGN[placeOf(path.slice(0, -1))] ?? [];
  return rows.find(([, means]) => means === key)?.[2];
}

/** The value that `value` of another gateway is here, at `path`. */
export const foreignValue = (path: Path, value: string): string | undefined =>
  VALUES[placeOf(path)]?.[plain(value)];

function placeOf(path: Path): string {
  let place = path.filter((part) => typeof part === 'string').join('.');
  for (const [like, instead] of ALIKE) place = place.replace(like, instead);
  // Once for the section's names, once for those below.
  for (const _round of [1, 2]) place = place.replace(NAMED, '$1.*');
  for (const [like, instead] of ALIKE) place = place.replace(like, instead);
  return place;
}

/** What a message says of such a word. */
export const called = ({ means, say }: ForeignWord): string =>
  means === undefined
    ? `: ${say}`
    : `; did you mean "${means.replaceAll('*', '<name>')}"? Write ${say}`;

const plain = (word: string): string => word.replaceAll(/[-_]/g, '').toLowerCase();

const WORDS: ReadonlyMap<string, ReadonlyMap<string, ForeignWord>> = new Map(
  Object.entries(FOREIGN).map(([place, rows]) => [
    place,
    new Map(
      rows.flatMap(([words, means, say]) =>
        words
          .split(' ')
          .map((word) => [plain(word), means === undefined ? { say } : { means, say }] as const),
      ),
    ),
  ]),
);

/** Ways to balance. */
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'upstreams.*.balance': {
    leastconn: 'leastRequest',
    leastconnection: 'leastRequest',
    leastconnections: 'leastRequest',
    leasttime: 'leastRequest',
    poweroftwochoices: 'leastRequest',
    ewma: 'leastRequest',
    p2c: 'leastRequest',
    random: 'leastRequest',
    rr: 'roundRobin',
    wrr: 'roundRobin',
    iphash: '{ hash: address }',
    consistenthashing: '{ hash: address }',
    ringhash: '{ hash: address }',
    maglev: '{ hash: address }',
  },
};

/** Words of others for where a key is taken from; see `source`. */
const SOURCES: Readonly<Record<string, string>> = {
  ip: 'address',
  clientip: 'address',
  remoteip: 'address',
  remoteaddr: 'address',
  remoteaddress: 'address',
  binaryremoteaddr: 'address',
  user: 'consumer',
  client: 'consumer',
  credential: 'consumer',
  apikey: 'consumer',
  service: 'route',
  path: 'route',
  uri: 'route',
};

/** The source that `word` of another gateway is here. */
export const foreignSource = (word: string): string | undefined =>
  SOURCES[plain(word.replaceAll(/[${}.]/g, ''))];
