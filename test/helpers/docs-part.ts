/** The part of a page that a test writes: between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. */
import { readFileSync, writeFileSync } from 'node:fs';

interface Split {
  readonly before: string;
  readonly part: string;
  readonly after: string;
}

function split(page: string, name: string): Split {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (!text.includes(begin) || to < from) throw new Error(`${page} has no part "${name}"`);
  return { before: text.slice(0, from), part: text.slice(from, to).trim(), after: text.slice(to) };
}

export const partOf = (page: string, name: string): string => split(page, name).part;

export function writePart(page: string, name: string, part: string): void {
  const { before, after } = split(page, name);
  writeFileSync(page, `${before}\n${part}\n${after}`);
}
