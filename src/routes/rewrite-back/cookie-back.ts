/**
 * `Set-Cookie` of an upstream, as its client must see it (RFC 6265 §5.2): `Domain` that names the upstream is removed,
 * which ties the cookie to the client's host, and `Path` becomes the client's. All else stays byte for byte.
 */
import { hostName } from '../../core/canonical-host.ts';
import { type ClientView, readPath } from './client-view.ts';

const ATTRIBUTE = /^\s*(domain|path)\s*=\s*/i;

export function cookieBack(value: string, view: ClientView): string {
  const [pair = '', ...attributes] = value.split(';');
  // Browsers refuse it with another path.
  const isHostOnly = /^\s*__host-/i.test(pair);
  const kept = attributes.flatMap((text) => {
    const [start, name] = ATTRIBUTE.exec(text) ?? [];
    if (start === undefined || name === undefined) return [text];
    const written = text.slice(start.length).trimEnd();
    if (name.toLowerCase() === 'domain') return isOwnDomain(written, view) ? [] : [text];
    const path = isHostOnly ? undefined : cookiePathBack(written, view);
    return [path === undefined ? text : start + path + text.slice(start.length + written.length)];
  });
  return [pair, ...kept].join(';');
}

/** Does `domain` mean the upstream, and not the client's host? */
function isOwnDomain(domain: string, { host, ownNames }: ClientView): boolean {
  const name = domain.toLowerCase().replace(/^\./, '').replace(/\.$/, '');
  const covers = (authority: string): boolean => {
    const each = hostName(authority);
    return each === name || each.endsWith(`.${name}`);
  };
  return name !== '' && !covers(host) && [...ownNames].some(covers);
}

/** The client's path for a cookie's; `undefined` if it stays. */
function cookiePathBack(written: string, view: ClientView): string | undefined {
  // Browsers ignore a path that does not begin with a slash.
  if (view.pathBack === undefined || !written.startsWith('/')) return undefined;
  const path = readPath(written);
  if (path === undefined) return undefined;
  const back = view.pathBack(path) ?? folderBack(path, view);
  if (back === undefined) return undefined;
  // A cookie for `/a/` is not sent to `/a` (RFC 6265 §5.1.4).
  const widest = path === '/' && back !== '/' ? back.replace(/\/$/, '') : back;
  return widest.replaceAll(';', '%3B');
}

/**
 * The client's folder for one above what the upstream was asked for: with `/v1/orders/7` sent for `/api/orders/7`,
 * `/v1` is `/api`, and `/v1/orders` is `/api/orders`. The root stays: it covers all paths of either side.
 */
function folderBack(path: string, { sent, asked }: ClientView): string | undefined {
  const wanted = path.replace(/\/$/, '');
  if (wanted === '' || !sent.startsWith(`${wanted}/`)) return undefined;
  let theirs = sent;
  let ours = asked;
  while (theirs !== wanted) {
    const [end, ourEnd] = [theirs.lastIndexOf('/'), ours.lastIndexOf('/')];
    if (theirs.slice(end) !== ours.slice(ourEnd)) return undefined;
    theirs = theirs.slice(0, end);
    ours = ours.slice(0, ourEnd);
  }
  return ours + path.slice(wanted.length) || '/';
}
