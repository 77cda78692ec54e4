/** Where something is in a JSON value: as a path to one place, and as the field that it shares with others. */

/** A chain of names and indexes up to the root; `undefined` is the root. */
export interface Place {
  readonly above: Place | undefined;
  /** A name, or the index of a member. */
  readonly at: string | number;
}

/** A name that a path needs not quote. */
const BARE = /^[A-Za-z0-9_$@/+-]+$/;
/** Names come from upstreams, and may be as long as a body. */
const LONGEST_NAME = 64;
const LONGEST_PATH = 256;

/** `items[3].price`; of the root, an empty text. */
export const pathOf = (place: Place | undefined): string => textOf(place, (index) => `[${index}]`);

/** `items[].price`: the same for every member of a list, as the config's paths are written. */
export const fieldOf = (place: Place | undefined): string => textOf(place, () => '[]');

function textOf(place: Place | undefined, member: (index: number) => string): string {
  const pieces: string[] = [];
  for (let at = place; at !== undefined; at = at.above) {
    const piece = typeof at.at === 'number' ? member(at.at) : nameText(at.at);
    const isJoined = typeof at.at === 'number' || at.above === undefined;
    pieces.unshift(isJoined ? piece : `.${piece}`);
  }
  return cut(pieces.join(''), LONGEST_PATH);
}

function nameText(name: string): string {
  const short = cut(name, LONGEST_NAME);
  return BARE.test(short) ? short : JSON.stringify(short);
}

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;
