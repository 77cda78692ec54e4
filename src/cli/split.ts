/** `portico split`: the sides of a route of a running gateway, and orders to take one out or hand it back. */
import { visible } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import {
  AdminError,
  type AdminGiven,
  type AdminPort,
  ask,
  asText,
  findAdminPort,
  tellFailure,
} from './admin-port.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface SplitAsked extends AdminGiven {
  readonly route: string;
  /** The side to take out. */
  readonly abort?: string;
  /** The side to hand back. With neither, nothing is ordered. */
  readonly auto?: string;
  /** For the log. */
  readonly reason?: string;
  readonly json?: boolean;
}

export async function split(asked: SplitAsked, terminal: Terminal): Promise<number> {
  try {
    const port = await findAdminPort(asked, terminal.environment);
    const isOrder = (asked.abort ?? asked.auto) !== undefined;
    const sides = await (isOrder ? order(asked, port) : sidesOf(asked.route, port));
    if (asked.json === true) terminal.out(JSON.stringify(sides, undefined, 2));
    else for (const side of sides) terminal.out(visible(sideLine(side)));
    return EXIT.ok;
  } catch (error) {
    return tellFailure(error, terminal);
  }
}

async function order(
  { route, abort, auto, reason }: SplitAsked,
  port: AdminPort,
): Promise<readonly Tree[]> {
  const what =
    abort === undefined ? { side: auto, state: 'auto' } : { side: abort, state: 'aborted' };
  const sent = { ...what, ...(reason !== undefined && { reason }) };
  const { body } = await ask(port, `/routes/${encodeURIComponent(route)}/split`, sent);
  return sidesIn(body, port);
}

async function sidesOf(route: string, port: AdminPort): Promise<readonly Tree[]> {
  const { body } = await ask(port, '/routes');
  const { routes } = body;
  const all = Array.isArray(routes) ? routes.filter(isMap) : [];
  const found = all.find(({ name }) => name === route);
  if (found === undefined) throw new AdminError(`${port.url.origin} has no route "${route}"`);
  if (found['sides'] === undefined) throw new AdminError(`the route "${route}" is not split`);
  return sidesIn(found, port);
}

function sidesIn({ sides }: Tree, { url }: AdminPort): readonly Tree[] {
  if (Array.isArray(sides) && sides.every(isMap)) return sides;
  throw new AdminError(`${url.origin} tells no sides: it may be an older gateway`);
}

/** `catalog  10 %, weight 10, 50 from 2026-12-03T08:00:00.000Z` */
function sideLine({ upstream, share, weight, next, aborted }: Tree): string {
  const percent = typeof share === 'number' ? Number((share * 100).toFixed(3)) : share;
  const step = isMap(next) ? `, ${asText(next['weight'])} from ${asText(next['at'])}` : '';
  const out = isMap(aborted) ? `, aborted ${asText(aborted['at'])}: ${asText(aborted['why'])}` : '';
  return `${asText(upstream)}  ${asText(percent)} %, weight ${asText(weight)}${step}${out}`;
}
