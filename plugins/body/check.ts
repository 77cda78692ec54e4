/** Finds edits that no body can have, and templates that no request fills. */
import {
  fieldTemplateFaults,
  isFieldTemplate,
  type KnownNames,
  type OptionFault,
  parseMemberPath,
} from 'portico';
import type { Edits, Options } from './options.ts';

/** Keys of routes that forward. */
const FORWARDS = ['upstream', 'split'];

/** Names with which a value could reach a prototype: they are never part of a body that is read. */
const DANGEROUS: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);

type Route = ReadonlyMap<string, unknown>;

export function* checkOptions(
  { request, response }: Options,
  others: Route,
  known: KnownNames,
): Generator<OptionFault> {
  if (request === undefined && response === undefined) {
    yield { path: [], message: 'edits nothing: give it a request or a response' };
  }
  if (request !== undefined && !FORWARDS.some((key) => others.has(key))) {
    const message = 'needs a route that forwards, with "upstream" or "split"';
    yield { path: ['request'], at: 'key', message };
  }
  for (const [side, edits] of Object.entries({ request, response })) {
    if (edits === undefined) continue;
    for (const fault of editFaults(edits)) yield { ...fault, path: [side, ...fault.path] };
    yield* templateFaults(side, edits, others, known);
  }
}

function* editFaults({ remove, rename, set }: Edits): Generator<OptionFault> {
  if (remove.length + Object.keys(rename).length + Object.keys(set).length === 0) {
    yield { path: [], message: 'edits nothing: give it remove, rename or set' };
  }
  const written = [
    ...remove.map((text, i) => ({ text, path: ['remove', i] })),
    ...Object.keys(rename).map((text) => ({ text, path: ['rename', text] })),
    ...Object.keys(set).map((text) => ({ text, path: ['set', text] })),
  ];
  for (const { text, path } of written) {
    if (parseMemberPath(text).some((step) => DANGEROUS.has(step))) {
      yield { path, message: `"${text}" names a member that no body has once it is read` };
    }
  }
  for (const [text, to] of Object.entries(rename)) {
    if (typeof parseMemberPath(text).at(-1) !== 'string') {
      const message = `"${text}" does not end in a name: there is nothing to rename`;
      yield { path: ['rename', text], at: 'key', message };
    }
    if (DANGEROUS.has(to)) yield { path: ['rename', text], message: `"${to}" is not a safe name` };
  }
}

function* templateFaults(
  side: string,
  { set }: Edits,
  others: Route,
  known: KnownNames,
): Generator<OptionFault> {
  for (const [text, value] of Object.entries(set)) {
    if (typeof value !== 'string' || !isFieldTemplate(value)) continue;
    const path = [side, 'set', text];
    if (side === 'response') {
      const message = 'is set as it is written: only values of requests are filled';
      yield { path, message, severity: 'warning' };
      continue;
    }
    for (const message of fieldTemplateFaults(value, others, known)) yield { path, message };
  }
}
