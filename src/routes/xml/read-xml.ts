/**
 * Reads XML from upstreams as plain values. An element is its text, or, with attributes or elements in it, an object:
 * attributes are `@name`, its text is `$`, and elements of the same name are a list. All values are texts.
 *
 * Only the five entities of XML itself mean something: a document type declares nothing here, so nothing is fetched,
 * and nothing grows. Names that could reach a prototype are dropped.
 */
import { isUtf8 } from 'node:buffer';
import type { default as sax, Tag } from 'sax';
import { GatewayError } from '../../core/errors.ts';
import { DANGEROUS_KEYS } from '../../core/json-scan.ts';

export type XmlValue = string | XmlObject | readonly XmlValue[];
export interface XmlObject {
  readonly [name: string]: XmlValue;
}

/** As deep as JSON may be. */
const MAX_DEPTH = 128;
/** Elements and attributes. Reading XML holds up all other requests, half a second for a mebibyte of tiny elements. */
const MAX_NODES = 100_000;

interface Open {
  readonly name: string;
  readonly members: Record<string, XmlValue>;
  /** It has attributes or elements. */
  isObject: boolean;
  text: string;
}

/**
 * The document as an object with its root element.
 *
 * @throws GW_UPSTREAM_INVALID when it is not well-formed, deeper than 128, or of more than 100,000 elements and attributes
 */
export function readXml(bytes: Buffer, { parser: create }: typeof sax): XmlObject {
  const parser = create(true, { strictEntities: true, position: false });
  const top: Open = { name: '', members: {}, isObject: false, text: '' };
  const open: Open[] = [top];
  let nodes = 0;
  const addText = (text: string): void => {
    open.at(-1)!.text += text;
  };
  Object.assign(parser, {
    onerror(error: Error): void {
      throw invalid('is not well-formed XML', error);
    },
    onopentag({ name, attributes }: Tag): void {
      if (open.length === 1 && top.isObject) throw invalid('is not well-formed XML');
      if (open.length > MAX_DEPTH) throw invalid(`is nested deeper than ${MAX_DEPTH}`);
      const names = Object.keys(attributes);
      nodes += 1 + names.length;
      if (nodes > MAX_NODES) throw invalid(`has more than ${MAX_NODES} elements and attributes`);
      open.at(-1)!.isObject = true;
      open.push(elementOf(name, attributes, names));
    },
    onclosetag(): void {
      const element = open.pop()!;
      add(open.at(-1)!.members, element.name, valueOf(element));
    },
    ontext: addText,
    oncdata: addText,
  });
  parser.write(textOf(bytes)).close();
  return top.members;
}

function elementOf(name: string, attributes: Tag['attributes'], names: readonly string[]): Open {
  const members: Record<string, XmlValue> = {};
  for (const attribute of names) members[`@${attribute}`] = attributes[attribute]!;
  return { name, members, isObject: names.length > 0, text: '' };
}

function add(members: Record<string, XmlValue>, name: string, value: XmlValue): void {
  if (DANGEROUS_KEYS.has(name)) return;
  const known = Object.hasOwn(members, name) ? members[name] : undefined;
  if (known === undefined) members[name] = value;
  else if (Array.isArray(known)) (known as XmlValue[]).push(value);
  else members[name] = [known, value];
}

function valueOf({ members, isObject, text }: Open): XmlValue {
  if (!isObject) return text;
  const own = text.trim();
  if (own !== '') members['$'] = own;
  return members;
}

const invalid = (what: string, cause?: Error): GatewayError =>
  new GatewayError('GW_UPSTREAM_INVALID', `the answer ${what}`, { cause });

/** `<?xml version="1.0" encoding="ISO-8859-1"?>`, which counts where no header field names a charset. */
const DECLARED = /^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["']/;

function textOf(bytes: Buffer): string {
  const label = isUtf8(bytes) ? undefined : DECLARED.exec(bytes.toString('latin1', 0, 200))?.[1];
  if (label === undefined) return bytes.toString('utf8');
  try {
    return new TextDecoder(label).decode(bytes);
  } catch (error) {
    throw invalid('has an unknown charset', error as Error);
  }
}
