/** A rewrite, read so that paths can be compared with it; and why some cannot be turned round. */
import { parseTemplate } from '../../config/schema/template.ts';

/** A segment of the rewritten path: a text, or a parameter between two texts. */
export interface ShapeSegment {
  readonly before: string;
  readonly name?: string;
  readonly after: string;
}

export interface RewriteShape {
  readonly segments: readonly ShapeSegment[];
  /** It ends in `/*`. */
  readonly keepsRest: boolean;
}

/** @throws {RangeError} for what is no template */
export function rewriteShape(rewrite: string): RewriteShape {
  const keepsRest = rewrite.endsWith('/*');
  const base = keepsRest ? rewrite.slice(0, -2) : rewrite;
  return { segments: base.split('/').slice(1).map(shapeOf), keepsRest };
}

function shapeOf(segment: string): ShapeSegment {
  const { literals, references } = parseTemplate(segment);
  const [before = '', after = ''] = literals;
  const name = references[0]?.root;
  return name === undefined ? { before, after } : { before, name, after };
}

/** A match, as far as it decides whether a rewrite can be turned round. */
export interface MatchShape {
  /** A regex decides on the path. */
  readonly isRegex: boolean;
  /** Paths below it match, too. */
  readonly isOpen: boolean;
}

/** Why `rewrite` cannot be turned round; `undefined` if it can. */
export function oneWayReason(rewrite: string, matches: readonly MatchShape[]): string | undefined {
  const keepsRest = rewrite.endsWith('/*');
  if (matches.some(({ isRegex }) => isRegex)) return 'the match is a regex';
  if (!keepsRest && matches.some(({ isOpen }) => isOpen)) {
    return 'it drops what * matched, so every path becomes the same one';
  }
  const { references } = parseTemplate(rewrite);
  const names = references.map(({ text }) => text);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `it uses {${twice}} twice`;
  const crowded = rewrite
    .split('/')
    .find((segment) => parseTemplate(segment).references.length > 1);
  return crowded === undefined
    ? undefined
    : `"${crowded}" is one segment of several parameters: nothing tells where one ends`;
}
