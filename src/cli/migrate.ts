/** `portico migrate status`: where the routes of a running gateway stand that move from one upstream to another. */
import {
  AdminError,
  type AdminGiven,
  type AdminPort,
  ask,
  findAdminPort,
  tellFailure,
} from './admin-port.ts';
import { migrationLines } from './print-migration.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';

export interface MigrationAsked extends AdminGiven {
  readonly json?: boolean;
}

/** Of a line, where there is no terminal. */
const COLUMNS = 100;

export async function migrationStatus(asked: MigrationAsked, terminal: Terminal): Promise<number> {
  try {
    const port = await findAdminPort(asked, terminal.environment);
    const list = await listFrom(port);
    if (asked.json === true) terminal.out(JSON.stringify(list, undefined, 2));
    else for (const line of linesOf(list, port, terminal)) terminal.out(line);
    return EXIT.ok;
  } catch (error) {
    return tellFailure(error, terminal);
  }
}

async function listFrom(port: AdminPort): Promise<Tree> {
  const list = await answerOf(port);
  const { routes } = list;
  if (Array.isArray(routes) && routes.every(isMap)) return list;
  throw new AdminError(
    `${port.url.origin} tells nothing of migrations: it may be an older gateway`,
  );
}

/** Empty if there is no such path. */
async function answerOf(port: AdminPort): Promise<Tree> {
  try {
    return (await ask(port, '/migration')).body;
  } catch (error) {
    if (error instanceof AdminError && error.status === 404) return {};
    throw error;
  }
}

function linesOf(list: Tree, { url }: AdminPort, { columns }: Terminal): readonly string[] {
  const { routes } = list;
  if (Array.isArray(routes) && routes.length > 0) return migrationLines(list, columns ?? COLUMNS);
  throw new AdminError(
    `no route of ${url.origin} has an owner, a split or a mirror, so nothing moves\n` +
      'begin with a route for a part of the old system, with `upstream: old` and ' +
      '`mirror: { upstream: new, compare: true }`: see docs/strangler.md',
  );
}
