/** A place in a file. */
import type { LineCounter } from 'yaml';
import { type Fault, formatPath, type Path, type Position } from '../fault.ts';

/** A file as messages show it. */
export interface FileText {
  readonly name: string;
  readonly lines: LineCounter;
}

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export function placeAt({ lines }: FileText, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

export interface Complaint {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly severity?: Fault['severity'];
  readonly thrownAt?: Position | undefined;
}

export function faultAt(
  file: FileText,
  { offset, path, message, severity = 'error', thrownAt }: Complaint,
): Fault {
  const { line, column } = placeAt(file, offset);
  const fault = { file: file.name, line, column, path: formatPath(path), message, severity };
  return thrownAt === undefined ? fault : { ...fault, thrownAt };
}
