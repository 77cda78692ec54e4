/** Lists of media types: `text/css`, all of a kind (`text/*`), or all with a suffix (`application/*+json`). */

/** What gets shorter, and is common. Images, videos, archives and WOFF are compressed already. */
export const DEFAULT_TYPES: readonly string[] = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/javascript',
  'application/xml',
  'application/*+xml',
  'application/wasm',
  'application/x-yaml',
  'application/yaml',
  'image/svg+xml',
  'image/bmp',
  'image/x-icon',
  'image/vnd.microsoft.icon',
  'font/ttf',
  'font/otf',
];

const TOKEN = '[a-z0-9!#$&^_.-][a-z0-9!#$&^_.+-]*';
/** As config may write them, for its JSON Schema too. */
export const TYPE_PATTERN = new RegExp(`^${TOKEN}/(?:${TOKEN}|\\*(?:\\+[a-z0-9.-]+)?)$`);

const plainType = (field: string): string => field.split(';', 1)[0]!.trim().toLowerCase();

/** Tells whether a `Content-Type` is one of `types`. */
export function typeFilter(types: readonly string[]): (field: string | undefined) => boolean {
  const exact = new Set(types.filter((type) => !type.includes('*')));
  const ranges = types
    .filter((type) => type.includes('*'))
    .map((type) => type.split('*') as [kind: string, suffix: string]);
  return (field) => {
    if (field === undefined) return false;
    const type = plainType(field);
    if (exact.has(type)) return true;
    return ranges.some(
      ([kind, suffix]) =>
        type.length > kind.length + suffix.length && type.startsWith(kind) && type.endsWith(suffix),
    );
  };
}
