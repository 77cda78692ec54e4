/** Removes parameters from a query string; the others stay byte for byte. */

/** The values of `name`, decoded, in order. */
export const valuesOf = (query: string, name: string): string[] =>
  pairsOf(query).flatMap(([key, value]) => (key === name ? [value] : []));

/** `query`, with its `?`, without the parameters `name` that `isIt` knows by their value. */
export function withoutParameter(
  query: string,
  name: string,
  isIt: (value: string) => boolean,
): string {
  if (query === '') return query;
  const kept = query
    .slice(1)
    .split('&')
    .filter((text) => {
      const [key, value] = pairOf(text);
      return key !== name || !isIt(value);
    });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

type Pair = readonly [key: string, value: string];

const pairsOf = (query: string): Pair[] => query.split('&').map(pairOf);

function pairOf(text: string): Pair {
  const at = text.indexOf('=');
  return at < 0 ? [decoded(text), ''] : [decoded(text.slice(0, at)), decoded(text.slice(at + 1))];
}

/** Form decoding; what cannot be decoded stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
