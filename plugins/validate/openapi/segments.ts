/** Segments of path templates: a text, a parameter, or `report-{id}.json`. */

export interface Segment {
  readonly kind: 'text' | 'parameter' | 'mixed';
  /** As it is written, decoded. */
  readonly text: string;
  /** The same for all that match the same texts. */
  readonly shape: string;
  readonly names: readonly string[];
  /** The values of its parameters in a segment of a path; `undefined` if it does not match. */
  valuesIn(segment: string): readonly string[] | undefined;
}

/** What cannot be decoded stays as it is: no template and no parameter has it. */
export const orRaw =
  (decode: (text: string) => string) =>
  (text: string): string => {
    try {
      return decode(text);
    } catch {
      return text;
    }
  };

export const decodedSegment = orRaw(decodeURIComponent);

export function segmentOf(written: string): Segment {
  const names = [...written.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!);
  const texts = written.split(/\{[^{}]*\}/).map(decodedSegment);
  const isParameter = names.length === 1 && texts.every((text) => text === '');
  return {
    kind: names.length === 0 ? 'text' : isParameter ? 'parameter' : 'mixed',
    text: decodedSegment(written),
    shape: texts.join('{}'),
    names,
    valuesIn: (segment) => valuesBetween(segment, texts),
  };
}

/** What stands between `texts`, each value as short as can be. It never looks twice at a character. */
function valuesBetween(segment: string, texts: readonly string[]): string[] | undefined {
  const first = texts[0]!;
  if (texts.length === 1) return segment === first ? [] : undefined;
  if (!segment.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const [i, text] of texts.slice(1).entries()) {
    const isLast = i === texts.length - 2;
    const end = isLast ? segment.length - text.length : segment.indexOf(text, at + 1);
    if (end <= at || !segment.startsWith(text, end)) return undefined;
    values.push(segment.slice(at, end));
    at = end + text.length;
  }
  return values;
}
