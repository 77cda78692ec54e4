/** Loads the parser of XML, which only configs with `type: xml` or `type: rss` need. */
import { createRequire } from 'node:module';
import type sax from 'sax';

export const loadSax = (): typeof sax => createRequire(import.meta.url)('sax') as typeof sax;
