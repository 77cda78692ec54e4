/** The view of a client, for one request of one route. */
import { parsePathPattern } from '../../../src/config/schema/path-pattern.ts';
import type { ClientView } from '../../../src/routes/rewrite-back/client-view.ts';
import { compilePathBack } from '../../../src/routes/rewrite-back/path-back.ts';

export interface Asked {
  /** Paths of the route's matches; `undefined`: any path. */
  readonly match?: readonly (string | undefined)[];
  readonly rewrite?: string;
  /** The path that the client asked for, and the one that was sent. */
  readonly asked?: string;
  readonly sent?: string;
  readonly host?: string;
  readonly ownNames?: readonly string[];
}

/** Default: `https://shop.example/api/products/7` was asked for, and `http://orders:4001/products/7` was sent. */
export function viewOf({
  match = ['/api/products/*'],
  rewrite = '/products/*',
  asked = '/api/products/7',
  sent = '/products/7',
  host = 'shop.example',
  ownNames = ['orders:4001', 'orders.internal'],
}: Asked = {}): ClientView {
  const matches = match.map((path) => ({
    ...(path !== undefined && { path: parsePathPattern(path) }),
    headers: [],
    cookies: [],
    query: [],
  }));
  const back = compilePathBack(matches, rewrite);
  return {
    scheme: 'https',
    host,
    asked,
    sent,
    ownNames: new Set(ownNames),
    pathBack: back && ((path) => back(path, asked)),
  };
}
