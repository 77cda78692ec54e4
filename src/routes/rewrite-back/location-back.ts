/**
 * URLs in an upstream's answer, as its client must see them: `Location`, `Content-Location`, and the one in `Refresh`.
 *
 * Only what names the upstream changes: a URL of a foreign host, and a path that this route does not have, stay as they
 * came.
 */
import { type ClientView, namesUpstream, readPath } from './client-view.ts';

/** Scheme, authority, path, and the query with the fragment (RFC 3986 appendix B). */
const REFERENCE = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s;

/** `url` is a reference (RFC 3986 §4.1): absolute, `//host/…`, a path, or relative to the path that was sent. */
export function urlBack(url: string, view: ClientView): string {
  const [, scheme, authority, path = '', tail = ''] = REFERENCE.exec(asBrowsersRead(url)) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) return url;
  if (authority !== undefined) {
    if (!namesUpstream(authority, view)) return url;
    const start = scheme === undefined ? '' : `${view.scheme}:`;
    return `${start}//${view.host}${pathBack(path || '/', view) ?? path}${tail}`;
  }
  // `http:path` is obsolete (RFC 3986 §5.2.2); an empty path means that of the request, on either side.
  if (scheme !== undefined || path === '') return url;
  const absolute = path.startsWith('/') ? path : folderOf(view.sent) + path;
  const back = pathBack(absolute, view);
  return back === undefined ? url : back + tail;
}

function pathBack(path: string, view: ClientView): string | undefined {
  if (view.pathBack === undefined) return undefined;
  const canonical = readPath(path);
  return canonical === undefined ? undefined : view.pathBack(canonical);
}

/** To browsers, `\` is a slash: `\\host` names a host, and `/\host` does, too. */
function asBrowsersRead(url: string): string {
  if (!url.includes('\\')) return url;
  return url.replace(/^[^?#]*/, (start) => start.replaceAll('\\', '/'));
}

/** RFC 3986 §5.2.3: all but what follows the last slash. */
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** `5; url=/next`, `5;URL='/next'`, `0, /next`: browsers take all of these (HTML, "shared declarative refresh steps"). */
const REFRESH = /^[\s\d.]*[;,][;,\s]*(?:url\s*=\s*)?/i;

export function refreshBack(value: string, view: ClientView): string {
  const start = REFRESH.exec(value)?.[0];
  if (start === undefined) return value;
  const rest = value.slice(start.length);
  const quote = /^["']/.exec(rest)?.[0] ?? '';
  const end = quote === '' ? -1 : rest.indexOf(quote, 1);
  const url = rest.slice(quote.length, end < 0 ? undefined : end);
  return `${start}${quote}${urlBack(url, view)}${end < 0 ? '' : rest.slice(end)}`;
}
