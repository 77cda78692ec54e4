/** Attributes that the semantic conventions for HTTP define, from what records say. */
import { hostName } from '../../core/canonical-host.ts';
import type { Ending } from '../../core/record.ts';
import { socketPathOf } from '../../core/socket-path.ts';
import type { AttributeDraft } from './span.ts';

const METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** @returns what a span's name begins with: a method that anybody could make up is not in names */
export function writeMethod(attributes: AttributeDraft, method: string): string {
  if (METHODS.has(method)) {
    attributes['http.request.method'] = method;
    return method;
  }
  attributes['http.request.method'] = '_OTHER';
  attributes['http.request.method_original'] = method;
  return 'HTTP';
}

/** @param authority canonical; empty if it is not known */
export function writeServer(attributes: AttributeDraft, authority: string, scheme: string): void {
  const name = hostName(authority);
  if (name === '') return;
  const port = authority.slice(name.length + 1);
  attributes['server.address'] = name.startsWith('[') ? name.slice(1, -1) : name;
  attributes['server.port'] = port === '' ? defaultPort(scheme) : Number(port);
}

const defaultPort = (scheme: string): number => (scheme === 'https' ? 443 : 80);

/** Requests through a unix socket have a URL too, whose host means nothing. */
export function writeTarget(attributes: AttributeDraft, target: string, path: string): void {
  const socketPath = socketPathOf(target);
  if (socketPath !== undefined) {
    attributes['url.full'] = `http://localhost${path}`;
    attributes['server.address'] = socketPath;
    return;
  }
  const colon = target.indexOf(':');
  attributes['url.full'] = target + path;
  writeServer(attributes, target.slice(colon + 3), target.slice(0, colon));
}

/** `error.type` of a call or an attempt. For clients, a 4xx is an error too. */
export const errorType = (ending: Ending | undefined): string | undefined =>
  ending === undefined || (typeof ending === 'number' && ending < 400) ? undefined : String(ending);
