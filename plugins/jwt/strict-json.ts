/**
 * JSON that says one thing only: two members of one name mean one of them to us and the other to the
 * next reader (RFC 7519 §4, RFC 7515 §4).
 */

/** No honest token goes deeper. */
const MAX_DEPTH = 32;

/** UTF-8, and nothing that is nearly so. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {SyntaxError | TypeError | RangeError} for what is no UTF-8, no JSON, ambiguous or too deep */
export function parseStrictly(bytes: Uint8Array): unknown {
  const text = utf8.decode(bytes);
  const value: unknown = JSON.parse(text);
  checkMembers(text);
  return value;
}

/** `text` is JSON: a string is a member's name where a colon follows it. */
function checkMembers(text: string): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{' || char === '[') {
      if (open.push(new Set()) > MAX_DEPTH) throw new RangeError('too deep');
    } else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      if (isName(text, end)) addOnce(open.at(-1)!, JSON.parse(text.slice(at, end)) as string);
      at = end - 1;
    }
  }
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function isName(text: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1;
  return text[at] === ':';
}

function addOnce(names: Set<string>, name: string): void {
  if (names.has(name)) throw new SyntaxError('a member stands twice');
  names.add(name);
}
