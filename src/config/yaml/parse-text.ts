/** Parses the text of a YAML file to its outline, or to its faults. It can run in a thread. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Values } from './environment.ts';
import type { Fault } from '../fault.ts';
import { type Outline, outlineOf } from './outline.ts';
import { aliasTargets } from './path.ts';
import { type Complaint, faultAt, placeAt } from './place.ts';
import { type Expanded, expandDocument } from './placeholders.ts';
import { checkStructure } from './structure.ts';
import { syntaxFaults } from './syntax.ts';

export interface Text {
  /** Of the file, as messages show it. */
  readonly name: string;
  readonly text: string;
}

export interface ParsedText {
  /** `undefined`: it could not be read. */
  readonly outline: Outline | undefined;
  readonly faults: readonly Fault[];
}

const UNEXPANDED: Expanded = { faults: [], outside: new Map(), texts: new Map() };

/** Never throws for what `text` says. */
export function parseText({ name, text }: Text, environment: Values): ParsedText {
  const file = { name, lines: new LineCounter() };
  const faults: Fault[] = [];
  const report = (complaint: Complaint): void => {
    faults.push(faultAt(file, complaint));
  };
  const document = parse(text, file.lines, report);
  const outline = document && outlined(document, file, environment, report);
  return { outline, faults };
}

function parse(
  text: string,
  lines: LineCounter,
  report: (complaint: Complaint) => void,
): Document | undefined {
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      merge: true,
      // Told by checkStructure, which goes on after it.
      uniqueKeys: false,
      resolveKnownTags: false,
    });
    if (document.errors.length === 0) return document;
    for (const fault of syntaxFaults(document, lines, text)) report({ ...fault, path: [] });
  } catch (error) {
    // The parser calls itself for each level.
    if (!(error instanceof RangeError)) throw error;
    report({ offset: 0, path: [], message: 'is nested too deeply' });
  }
  return undefined;
}

function outlined(
  document: Document,
  file: { readonly name: string; readonly lines: LineCounter },
  environment: Values,
  report: (complaint: Complaint) => void,
): Outline | undefined {
  const targets = aliasTargets(document);
  const structure = checkStructure(document, targets, (offset) => {
    const { line, column } = placeAt(file, offset);
    return `${file.name}:${line}:${column}`;
  });
  for (const fault of structure.faults) report(fault);
  if (!structure.bounded) return undefined;
  const unread = new Set<unknown>(structure.blanks);
  const { faults, outside, texts } =
    environment === 'as written' ? UNEXPANDED : expandDocument(document, environment);
  for (const { node, ...fault } of faults) {
    if (fault.severity === 'error') unread.add(node);
    report({ ...fault, offset: node.range?.[0] ?? 0 });
  }
  const { lineStarts } = file.lines;
  return outlineOf({ document, targets, lineStarts, outside, texts, unread });
}
