/** Rewrites the head of an upstream's answer so that its client can follow it. */
import type { MutableHeaders } from '../../core/headers.ts';
import type { ClientExchange } from '../../edge/client-exchange.ts';
import { authorityOf } from '../../upstream/own-names.ts';
import type { ClientView } from './client-view.ts';
import { cookieBack } from './cookie-back.ts';
import { refreshBack, urlBack } from './location-back.ts';
import type { PathBack } from './path-back.ts';

/**
 * Edits `headers`.
 *
 * @param target origin that answered; empty for an answer of the gateway's own, which stays
 */
export type RewriteBack = (
  headers: MutableHeaders,
  exchange: ClientExchange,
  target: string,
) => void;

export interface RewriteBackOptions {
  /** Of the upstreams that may answer; see own-names.ts. */
  readonly ownNames: ReadonlySet<string>;
  /** The path that is sent for a request. */
  readonly path: (exchange: ClientExchange) => string;
  readonly pathBack: PathBack | undefined;
}

type Turn = (value: string, view: ClientView) => string;

const TURNED: readonly (readonly [field: string, turn: Turn])[] = [
  ['location', urlBack],
  ['content-location', urlBack],
  ['refresh', refreshBack],
  ['set-cookie', cookieBack],
];

export function rewriteBack(options: RewriteBackOptions): RewriteBack {
  return function rewrittenBack(headers, exchange, target) {
    if (target === '' || TURNED.every(([field]) => headers[field] === undefined)) return;
    const view = viewOf(options, exchange, target);
    for (const [field, turn] of TURNED) {
      const value = headers[field];
      if (value === undefined) continue;
      headers[field] =
        typeof value === 'string' ? turn(value, view) : value.map((each) => turn(each, view));
    }
  };
}

function viewOf(
  { ownNames, path, pathBack }: RewriteBackOptions,
  exchange: ClientExchange,
  target: string,
): ClientView {
  const { scheme, host, path: asked } = exchange;
  return {
    scheme,
    host,
    asked,
    sent: path(exchange),
    // A discovered target is known only now.
    ownNames: new Set([...ownNames, authorityOf(target)]),
    pathBack: pathBack && ((theirs) => pathBack(theirs, asked)),
  };
}
