/** Shows faults with the line of the file that they are in, and a caret below the column. */
import { readFileSync } from 'node:fs';
import { type Fault, formatFault, type Position } from '../../config/fault.ts';

/** So much of a line is shown before its column, and in all. */
const BEFORE = 80;
const MOST = 120;

/** The fault in one line, the place in a module that it comes from, and the text there. */
export function framedFault(fault: Fault): string {
  const { thrownAt } = fault;
  const said = formatFault(fault);
  if (thrownAt === undefined) return [said, ...frame(fault)].join('\n');
  const { file, line, column } = thrownAt;
  return [said, `${file}:${line}:${column}`, ...frame(thrownAt)].join('\n');
}

/** Empty where the line cannot be read. */
function frame({ file, line, column }: Position): string[] {
  const text = lineOf(file, line);
  if (text === undefined) return [];
  const at = Math.min(column - 1, text.length);
  const from = Math.max(0, at - BEFORE);
  const shown = printable(text.slice(from, from + MOST));
  const before = shown.slice(0, at - from).replaceAll(/[^\t]/g, ' ');
  const number = String(line).padStart(5);
  return [`${number} | ${shown}`, `${' '.repeat(number.length)} | ${before}^`];
}

function lineOf(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, 'utf8').split(/\r\n|\n|\r/)[line - 1];
  } catch {
    return undefined;
  }
}

/** Terminals obey some characters. */
const printable = (text: string): string => text.replaceAll(/(?!\t)\p{Cc}/gu, '\u{fffd}');
