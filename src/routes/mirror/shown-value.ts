/** How a value that differs is shown to operators: by its type and size, unless they ask for more. */
import { kindOf } from './differ.ts';

/** Values under such names are never shown. */
const SECRET = /token|secret|passw|cookie|authori[sz]|session|credential|api-?_?key|signature|jwt/i;
const LONGEST = 120;

/** `string(12)`, `number`, `list(3)`; with `isShown`, its JSON, unless the place sounds like a secret. */
export function shownValue(value: unknown, place: string, isShown: boolean): string {
  if (value === undefined) return 'absent';
  return isShown && !SECRET.test(place) ? jsonOf(value) : outlineOf(value);
}

function outlineOf(value: unknown): string {
  const kind = kindOf(value);
  switch (kind) {
    case 'string':
      return `string(${(value as string).length})`;
    case 'list':
      return `list(${(value as readonly unknown[]).length})`;
    case 'object':
      return `object(${Object.keys(value as object).length})`;
    default:
      return kind;
  }
}

/** Of lists and objects, only the outline: a place within them may be a secret. */
function jsonOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && !JSON.isRawJSON(value))
    return outlineOf(value);
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
