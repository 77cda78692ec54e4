/** Takes apart what a parameter is written as, by its `style` and `explode` (OpenAPI 3.1 §4.8.12.6). */
import type { ApiParameter } from 'portico';

/** Decodes a piece; it throws a `URIError` for what cannot be. */
export type Decode = (text: string) => string;

/** What a parameter is made of. */
export type Shape = 'one' | 'list' | 'map';

type Written = Pick<ApiParameter, 'name' | 'style' | 'explode'>;

/** The text of a parameter that is one value. */
export const oneOf = (raw: string, parameter: Written, decode: Decode): string =>
  decode(withoutPrefix(raw, parameter));

/** The members of a list that is written once; an empty text is an empty list. */
export function listOf(raw: string, parameter: Written, decode: Decode): string[] {
  const { style, explode, name } = parameter;
  if (style === 'matrix' && explode) {
    return pieces(raw, ';').map((each) => decode(each.replace(`${name}=`, '')));
  }
  const text = withoutPrefix(raw, parameter);
  return text === '' ? [] : split(text, delimiterOf(parameter)).map(decode);
}

/** The members of an object that is written once; `undefined` if it cannot be one. */
export function mapOf(
  raw: string,
  parameter: Written,
  decode: Decode,
): Record<string, string> | undefined {
  const { style, explode } = parameter;
  const text =
    style === 'matrix' && explode ? raw.replace(/^;/, '') : withoutPrefix(raw, parameter);
  const parts =
    text === '' ? [] : split(text, style === 'matrix' && explode ? ';' : delimiterOf(parameter));
  if (!explode && parts.length % 2 === 1) return undefined;
  const pairs = explode
    ? parts.map((part) => halves(part))
    : parts.flatMap((key, i) => (i % 2 === 0 ? [[key, parts[i + 1]!] as const] : []));
  return unique(pairs.map(([key, value]) => [decode(key), decode(value)] as const));
}

/** `undefined` where a name comes twice. The result has no prototype, so that no name is special. */
export function unique(
  pairs: readonly (readonly [string, string])[],
): Record<string, string> | undefined {
  const found = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) {
    if (name in found) return undefined;
    found[name] = value;
  }
  return found;
}

export function halves(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const pieces = (text: string, delimiter: string): string[] =>
  text.split(delimiter).filter((piece) => piece !== '');

/** `.red` of a label, `;color=red` of a matrix. */
function withoutPrefix(raw: string, { name, style }: Written): string {
  if (style === 'label') return raw.replace(/^\./, '');
  if (style === 'matrix') return raw.startsWith(`;${name}=`) ? raw.slice(name.length + 2) : raw;
  return raw;
}

/** As it may be written, before its pieces are decoded. */
function delimiterOf({ style, explode }: Written): string | RegExp {
  if (style === 'spaceDelimited') return /%20|\+| /;
  if (style === 'pipeDelimited') return /\||%7C/i;
  return style === 'label' && explode ? '.' : ',';
}

/** Fields have spaces after their commas. */
const split = (text: string, delimiter: string | RegExp): string[] =>
  text.split(delimiter).map((piece) => piece.trim());
