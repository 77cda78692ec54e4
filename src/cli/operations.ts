/** `portico operations …`: sagas and commands of a running gateway, and an operator's orders for them. */
import { isMap, type Tree } from '../config/yaml/tree.ts';
import {
  AdminError,
  type AdminGiven,
  type AdminPort,
  ask,
  findAdminPort,
  tellFailure,
} from './admin-port.ts';
import { listLines, operationLines } from './print-operations.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface OperationsAsked extends AdminGiven {
  readonly status?: string;
  readonly name?: string;
  readonly limit?: number;
  readonly after?: string;
  readonly json?: boolean;
}

interface OperationShown extends AdminGiven {
  readonly id: string;
  readonly json?: boolean;
}

export interface OperationOrder extends OperationShown {
  readonly order: 'retry' | 'skip' | 'cancel';
  /** Not of a cancel. */
  readonly step?: string;
  readonly run?: number;
  readonly reason: string;
}

/** Of a line, where there is no terminal. */
const COLUMNS = 140;

export const listOperations = (asked: OperationsAsked, terminal: Terminal): Promise<number> =>
  telling(asked, terminal, async (port) => {
    const query = new URLSearchParams();
    for (const key of ['status', 'name', 'limit', 'after'] as const) {
      const value = asked[key];
      if (value !== undefined) query.set(key, String(value));
    }
    const { body } = await ask(port, `/operations?${query.toString()}`);
    if (!Array.isArray(body['items'])) throw older(port);
    return { body, lines: listLines(body, terminal.columns ?? COLUMNS) };
  });

export const showOperation = (asked: OperationShown, terminal: Terminal): Promise<number> =>
  telling(asked, terminal, async (port) =>
    shown((await ask(port, pathOf(asked))).body, port, terminal),
  );

export const orderOperation = (asked: OperationOrder, terminal: Terminal): Promise<number> =>
  telling(asked, terminal, async (port) => {
    const { order, step, run, reason } = asked;
    const { body } = await ask(port, `${pathOf(asked)}/${order}`, { step, run, reason });
    return shown(body, port, terminal);
  });

interface Told {
  readonly body: Tree;
  readonly lines: readonly string[];
}

async function telling(
  asked: AdminGiven & { readonly json?: boolean },
  terminal: Terminal,
  find: (port: AdminPort) => Promise<Told>,
): Promise<number> {
  try {
    const { body, lines } = await find(await findAdminPort(asked, terminal.environment));
    if (asked.json === true) terminal.out(JSON.stringify(body, undefined, 2));
    else for (const line of lines) terminal.out(line);
    return EXIT.ok;
  } catch (error) {
    return tellFailure(error, terminal);
  }
}

function shown(body: Tree, port: AdminPort, { columns = COLUMNS }: Terminal): Told {
  const { history, steps } = body;
  if (Array.isArray(history) && history.every(isMap) && Array.isArray(steps)) {
    return { body, lines: operationLines(body, columns) };
  }
  throw older(port);
}

const pathOf = ({ id }: OperationShown): string => `/operations/${encodeURIComponent(id)}`;

const older = ({ url }: AdminPort): AdminError =>
  new AdminError(`${url.origin} tells nothing of operations: it may be an older gateway`);
