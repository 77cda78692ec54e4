/** `portico trace`: signs a request, sends it, and prints what the gateway says really happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { visible } from '../../config/fault.ts';
import type { Tree } from '../../config/yaml/tree.ts';
import {
  AdminError,
  type AdminGiven,
  type AdminPort,
  ask,
  findAdminPort,
  tellFailure,
} from '../admin-port.ts';
import type { RequestExplanation } from '../../explain/explanation.ts';
import type { Trace } from '../../observe/trace.ts';
import { hasColours } from '../colours.ts';
import { withProgress } from '../progress.ts';
import { explanationLines } from '../print-explanation.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { sendTraced } from './send.ts';
import { LIFE_S, sign } from './sign.ts';
import { isTrace, waterfall } from './waterfall.ts';

export interface TraceOrder {
  readonly method?: string;
  readonly url?: URL;
  readonly header?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly body?: string;
  readonly id?: string;
  readonly sign?: boolean;
  readonly config?: string;
  readonly admin?: URL;
  readonly adminToken?: string;
  readonly json?: boolean;
}

export async function trace(order: TraceOrder, terminal: Terminal): Promise<number> {
  try {
    return await obey(order, terminal);
  } catch (error) {
    return tellFailure(error, terminal);
  }
}

async function obey(order: TraceOrder, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  if (order.id !== undefined) {
    refuseAll(order, ['url', 'sign', ...SENT], '--id is of a request that was sent');
    const port = await findAdminPort(givenBy(order), environment);
    return print(await ask(port, pathOf(order.id)), order, terminal);
  }
  const request = requestOf(order);
  if (order.sign === true) {
    refuseAll(order, SENT, '--sign sends nothing');
    const field = await sign({ ...order, ...request, lifeS: LIFE_S.printed }, terminal);
    terminal.out(`Portico-Debug: ${field}`);
    return EXIT.ok;
  }
  const field = await sign({ ...order, ...request, lifeS: LIFE_S.sent }, terminal);
  const port = await findAdminPort(givenBy(order), environment);
  const what = `waiting for ${request.url.origin}`;
  const found = await withProgress({ terminal, what }, async () => {
    const sent = await sendTraced({ ...order, ...request, field });
    return untilThere(port, sent.id);
  });
  return print(found, order, terminal);
}

/** Options about what is sent. */
const SENT = ['header', 'token', 'body'] as const;

function refuseAll(order: TraceOrder, names: readonly (keyof TraceOrder)[], why: string): void {
  const given = names.find((name) => order[name] !== undefined);
  if (given === undefined) return;
  throw usage(`${why}: leave out ${given === 'url' ? 'METHOD and URL' : `--${given}`}`);
}

const givenBy = ({ config, admin, adminToken }: TraceOrder): AdminGiven => ({
  tokenFlag: '--admin-token',
  ...(config !== undefined && { config }),
  ...(admin !== undefined && { admin }),
  ...(adminToken !== undefined && { token: adminToken }),
});

interface Asked {
  readonly method: string;
  readonly url: URL;
}

function requestOf({ method, url }: TraceOrder): Asked {
  if (method === undefined || url === undefined) {
    throw usage('pass METHOD and URL, or --id: portico trace GET http://127.0.0.1:8080/ping');
  }
  if (!/^[A-Z]+$/.test(method)) throw usage(`"${method}" is not a method such as GET`);
  return { method, url };
}

const usage = (message: string): AdminError => new AdminError(message, { code: EXIT.usage });

const pathOf = (id: string): string => `/trace/${encodeURIComponent(id)}`;

/** The end of the request may be noted a moment after its answer has come. */
async function untilThere(port: AdminPort, id: string): Promise<{ readonly body: Tree }> {
  for (let patience = TRIES; ; patience--) {
    try {
      return await ask(port, pathOf(id));
    } catch (error) {
      if (!(error instanceof AdminError) || error.status !== 404 || patience === 0) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

const TRIES = 10;
const PAUSE_MS = 50;

function print(
  { body }: { readonly body: Tree },
  { json }: TraceOrder,
  terminal: Terminal,
): number {
  if (json === true) terminal.out(JSON.stringify(body, undefined, 2));
  else if (isTrace(body)) {
    const { columns } = terminal;
    const isColoured = hasColours(terminal);
    const lines = waterfall(body, { columns, isColoured });
    for (const line of [...lines, ...explanationOf(body)]) terminal.out(line);
  } else throw new AdminError('that is not a trace: it may be another kind of gateway');
  return EXIT.ok;
}

/** What the gateway says of such a request, or why it says nothing. */
function explanationOf({ explain, notExplained }: Trace): readonly string[] {
  if (notExplained !== undefined) return ['', visible(`not explained: ${notExplained}`)];
  if (typeof explain !== 'object' || explain === null || !('outcome' in explain)) return [];
  // It is what a gateway of this version tells; a newer one may tell more.
  const lines = explanationLines(explain as RequestExplanation);
  return ['', 'such a request, explained after the answer:', ...lines].map(visible);
}
