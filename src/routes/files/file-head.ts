/** The head of an answer that is a file. */
import type { MutableHeaders } from '../../core/headers.ts';
import type { FilesConfig, Located } from './locate.ts';
import type { Representation, Selection } from './preconditions.ts';

/** The file as conditions see it. Each coding of it is another one, with another tag (RFC 9110 §8.8.3.3). */
export function representationOf({ bytes, modifiedNs, coding }: Located): Representation {
  const suffix = coding === undefined ? '' : `-${coding}`;
  return {
    etag: `"${modifiedNs.toString(36)}-${bytes.toString(36)}${suffix}"`,
    modifiedSeconds: Number(modifiedNs / 1_000_000_000n),
    bytes,
  };
}

export interface Described {
  readonly config: FilesConfig;
  readonly coding: Located['coding'];
  /** See content-type.ts. */
  readonly type: string;
  readonly it: Representation;
  readonly selection: Selection;
}

export function fileHead({ config, coding, type, it, selection }: Described): MutableHeaders {
  const { status } = selection;
  if (status === 412) return { 'content-length': '0' };
  if (status === 416) return { 'content-length': '0', 'content-range': `bytes */${it.bytes}` };
  const head: MutableHeaders = {
    etag: it.etag,
    'last-modified': new Date(it.modifiedSeconds * 1_000).toUTCString(),
  };
  const cache = cacheControl(config, type);
  if (cache !== undefined) head['cache-control'] = cache;
  if (config.precompressed) head['vary'] = 'accept-encoding';
  if (!('end' in selection)) return head;
  head['content-type'] = type;
  head['content-length'] = String(selection.end - selection.start);
  head['accept-ranges'] = 'bytes';
  // What a file is, its name says: a text that looks like a page is none.
  head['x-content-type-options'] = 'nosniff';
  if (coding !== undefined) head['content-encoding'] = coding;
  if (status === 206) {
    head['content-range'] = `bytes ${selection.start}-${selection.end - 1}/${it.bytes}`;
  }
  return head;
}

/** Pages name the files that belong to them, so they are checked each time. */
function cacheControl({ maxAgeMs }: FilesConfig, type: string): string | undefined {
  if (maxAgeMs === undefined) return undefined;
  if (type.startsWith('text/html')) return 'no-cache';
  return `public, max-age=${Math.floor(maxAgeMs / 1_000)}`;
}
