/** Rewords the syntax errors of the YAML parser for people. */
import { type Document, type LineCounter, Scalar, visit } from 'yaml';

export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
}

/** One fault a line, and none that only follows from an earlier one. */
export function syntaxFaults(document: Document, lines: LineCounter, text: string): SyntaxFault[] {
  const written = text.split('\n');
  const seen = new Set<number>();
  const faults: SyntaxFault[] = [];
  for (const { code, message, pos } of document.errors) {
    const { line } = lines.linePos(pos[0]);
    const follows = faults.length > 0 && message.includes('in YAML stream');
    if (follows || seen.has(line)) continue;
    seen.add(line);
    const open = message.startsWith('Missing closing') ? openQuote(document, pos[0]) : undefined;
    if (open !== undefined) {
      faults.push({ offset: open, message: `YAML syntax: this ${text[open]} is never closed` });
      continue;
    }
    faults.push({ offset: pos[0], message: describe(code, message, written[line - 1] ?? '') });
  }
  return faults;
}

/** The position of the quote whose end the parser has looked for up to `end`. */
function openQuote(document: Document, end: number): number | undefined {
  let open: number | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
      if (isQuoted && range && range[1] >= end) open = range[0];
    },
  });
  return open;
}

/** The parser's names of what a person has typed. */
const SIGNS: Readonly<Record<string, string>> = {
  'flow-map-start': '{',
  'flow-map-end': '}',
  'flow-seq-start': '[',
  'flow-seq-end': ']',
  'map-value-ind': ':',
};

function describe(code: string, message: string, line: string): string {
  if (code === 'MULTIPLE_DOCS')
    return 'a second document starts here: a config must be one document';
  // The parser calls itself for each level.
  if (message.includes('call stack')) return 'is nested too deeply';
  const text = message
    .split(' at line ')[0]!
    .replace(/ at node end| in YAML stream/, '')
    .replace(/flow-(map|seq)-(start|end)|map-value-ind/, (name) => SIGNS[name]!)
    .replace(/:?\s*$/, '');
  return `YAML syntax: ${text}${hint(code, message, line)}`;
}

/** As word processors and web pages write them. */
const ODD_BLANK = /[\u00a0\u2007\u202f]/;
const ODD_QUOTE = /[“”„‘’]/;

function hint(code: string, message: string, line: string): string {
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    // One colon: its line is read on as part of the value before it.
    return /:\s.*:\s/.test(line)
      ? '; quote a value that holds ": "'
      : '; all keys of a map start in the same column';
  }
  if (code === 'BAD_SCALAR_START') return '; quote the value';
  if (ODD_BLANK.test(line))
    return '; this line contains a blank that is not a space: type it again';
  const quote = ODD_QUOTE.exec(line)?.[0];
  if (quote !== undefined) return `; write quotes as " or ', not ${quote}`;
  const isGlued = message.startsWith('Implicit map keys') && /^\s*[\w-]+:\S/.test(line);
  if (isGlued) return '; put a space after the colon of a key';
  const braces = quoteHint(line);
  return braces === '' && code === 'BAD_ALIAS' ? '; quote a value that starts with *' : braces;
}

/** The mistakes that braces and stars invite inside `{ }` and `[ ]`. */
function quoteHint(line: string): string {
  const bare = line.replaceAll(/"[^"]*"|'[^']*'/g, '');
  if (!/[[{]/.test(bare) || !/\$\{|\/\{|\{\w+\}|[\s[{,:]\*/.test(bare)) return '';
  return '; inside { } and [ ], quote values with ${…}, {…} or a leading *, as in "/a/{id}"';
}
