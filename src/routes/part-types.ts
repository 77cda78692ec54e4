/** The types of answers that a part can read: `type: json | xml | text | rss`. */
import { Json, readJson } from '../core/json.ts';
import { ASKED_FOR } from './part.ts';
import type { PartAnswer } from './part-answer.ts';
import { loadSax } from './xml/load-sax.ts';
import { readFeed } from './xml/read-feed.ts';
import { readXml } from './xml/read-xml.ts';

export const PART_TYPES = ['json', 'xml', 'text', 'rss'] as const;
export type PartType = (typeof PART_TYPES)[number];

/** The `Accept` that is sent. */
export const ACCEPTED: Readonly<Record<PartType, string>> = {
  json: ASKED_FOR.accept,
  text: 'text/plain, */*;q=0.5',
  xml: 'application/xml, text/xml;q=0.9',
  rss: 'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8',
};

/** Reads a body; loads what the type needs. */
export function readerOf(type: PartType): PartAnswer['read'] {
  switch (type) {
    case 'json':
      return readJson;
    case 'text':
      return (bytes) => asJson(bytes.toString('utf8'));
    case 'xml': {
      const sax = loadSax();
      return (bytes) => asJson(readXml(bytes, sax));
    }
    case 'rss': {
      const sax = loadSax();
      return (bytes) => asJson(readFeed(readXml(bytes, sax)));
    }
  }
}

function asJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return new Json(value, Buffer.from(text), text);
}
