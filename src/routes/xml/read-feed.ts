/**
 * Reads RSS 2.0, RSS 1.0 (RDF) and Atom as one plain list of items: title, link, date and description, each `null` where
 * the feed does not tell. Dates are ISO 8601 in UTC.
 */
import { GatewayError } from '../../core/errors.ts';
import type { XmlObject, XmlValue } from './read-xml.ts';

export interface FeedItem {
  readonly title: string | null;
  readonly link: string | null;
  readonly date: string | null;
  readonly description: string | null;
}

/** @throws GW_UPSTREAM_INVALID when it is another kind of document */
export function readFeed(document: XmlObject): readonly FeedItem[] {
  const { rss, feed, 'rdf:RDF': rdf } = document;
  if (rss !== undefined) return listOf(child(child(rss, 'channel'), 'item')).map(itemOf);
  if (rdf !== undefined) return listOf(child(rdf, 'item')).map(itemOf);
  if (feed !== undefined) return listOf(child(feed, 'entry')).map(entryOf);
  throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not RSS or Atom');
}

const itemOf = (item: XmlValue): FeedItem => ({
  title: firstText(item, ['title']),
  link: firstText(item, ['link', 'guid']),
  date: dateOf(firstText(item, ['pubDate', 'dc:date'])),
  description: firstText(item, ['description', 'content:encoded']),
});

const entryOf = (entry: XmlValue): FeedItem => ({
  title: firstText(entry, ['title']),
  link: atomLink(listOf(child(entry, 'link'))),
  date: dateOf(firstText(entry, ['published', 'updated'])),
  description: firstText(entry, ['summary', 'content']),
});

/** The page itself, among links to other forms of it (RFC 4287 §4.2.7.2). */
function atomLink(links: readonly XmlValue[]): string | null {
  const page = links.find((link) => ['alternate', ''].includes(textOf(child(link, '@rel'))));
  return textOf(child(page ?? links[0], '@href')) || null;
}

function firstText(of: XmlValue, names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(child(of, name)).trim();
    if (text !== '') return text;
  }
  return null;
}

function dateOf(text: string | null): string | null {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function child(of: XmlValue | undefined, name: string): XmlValue | undefined {
  const object = Array.isArray(of) ? (of as readonly XmlValue[])[0] : of;
  if (typeof object !== 'object' || Array.isArray(object)) return undefined;
  const members = object as XmlObject;
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

const listOf = (value: XmlValue | undefined): readonly XmlValue[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly XmlValue[]) : [value];
};

/** All text in it, in document order as far as elements of different names keep that. */
function textOf(value: XmlValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map(textOf).join(' ');
  return Object.entries(value as XmlObject)
    .filter(([name]) => !name.startsWith('@'))
    .map(([, member]) => textOf(member))
    .join(' ');
}
