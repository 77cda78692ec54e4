/** What a client says of languages, in `Accept-Language` (RFC 9110 §12.5.4), and which of ours fits best. */
import { QUALITY_PATTERN } from '../core/quality.ts';

/** A range of RFC 4647 §2.1. */
const ELEMENT = new RegExp(
  String.raw`^(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*q=${QUALITY_PATTERN})?$`,
);

/** Longer fields are cut: nobody reads that many languages. */
const MOST_RANGES = 32;

interface Range {
  readonly text: string;
  readonly quality: number;
}

/**
 * The best of `offered` for a field, by look-up (RFC 4647 §3.4): `de-CH` gets `de`; and `de` gets `de-DE`, for
 * want of anything closer. The first one is for clients that want none of them, or say nothing.
 */
export function bestLanguage(field: string | undefined, offered: readonly string[]): string {
  const standard = offered[0]!;
  if (field === undefined) return standard;
  const ranges = rangesOf(field);
  const refused = new Set(ranges.flatMap(({ text, quality }) => (quality === 0 ? text : [])));
  const wanted = ranges
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  const open = offered.filter((tag) => !refused.has(tag.toLowerCase()));
  for (const { text } of wanted) {
    const found = text === '*' ? open[0] : lookUp(text, open);
    if (found !== undefined) return found;
  }
  return standard;
}

function rangesOf(field: string): readonly Range[] {
  return field.split(',', MOST_RANGES).flatMap((element) => {
    const [, text, quality = '1'] = ELEMENT.exec(element.trim()) ?? [];
    return text === undefined ? [] : { text: text.toLowerCase(), quality: Number(quality) };
  });
}

function lookUp(range: string, offered: readonly string[]): string | undefined {
  for (let text = range; text !== ''; text = text.slice(0, Math.max(text.lastIndexOf('-'), 0))) {
    const exact = offered.find((tag) => tag.toLowerCase() === text);
    if (exact !== undefined) return exact;
  }
  return offered.find((tag) => tag.toLowerCase().startsWith(`${range}-`));
}
