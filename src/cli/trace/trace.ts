/** `portico trace`: signs a request, sends it, and prints what the gateway says really happened. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { visible } from '../../config/fault.ts';
import type { Tree } from '../../config/yaml/tree.ts';
import { LONGEST_LIFE_S, signDebug } from '../../edge/debug-signature.ts';
import { AdminError, type AdminPort, ask, findAdminPort, readTraceKey } from '../admin-port.ts';
import type { RequestExplanation } from '../../explain/explanation.ts';
import type { Trace } from '../../observe/trace.ts';
import { hasColours } from '../colours.ts';
import { explanationLines } from '../print-explanation.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { sendTraced } from './send.ts';
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
    if (!(error instanceof AdminError)) throw error;
    for (const line of error.message.split('\n')) terminal.err(visible(line));
    return error.code;
  }
}

async function obey(order: TraceOrder, terminal: Terminal): Promise<number> {
  const { config, admin, adminToken: token, id, sign = false } = order;
  const given = {
    tokenFlag: '--admin-token',
    ...(config !== undefined && { config }),
    ...(admin !== undefined && { admin }),
    ...(token !== undefined && { token }),
  };
  if (id !== undefined) {
    refuse(
      order.url !== undefined || sign,
      '--id is of a request that was sent: leave out the others',
    );
    const port = await findAdminPort(given, terminal.environment);
    return print(await ask(port, pathOf(id)), order, terminal);
  }
  const { method, url } = order;
  if (method === undefined || url === undefined) {
    throw usage('pass METHOD and URL, or --id: portico trace GET http://127.0.0.1:8080/ping');
  }
  refuse(!/^[A-Z]+$/.test(method), `"${method}" is not a method such as GET`);
  const life = sign ? LONGEST_LIFE_S : LIFE_S;
  const field = signDebug({
    key: await keyOf(order, terminal),
    method,
    target: `${url.pathname}${url.search}`,
    // A clock that is ahead must not make it too long.
    expires: Math.floor(Date.now() / 1_000) + life - SKEW_S,
    nonce: randomBytes(18).toString('base64url'),
  });
  if (sign) {
    terminal.out(`Portico-Debug: ${field}`);
    return EXIT.ok;
  }
  const port = await findAdminPort(given, terminal.environment);
  const sent = await sendTraced({ ...order, method, url, field });
  return print(await untilThere(port, sent.id), order, terminal);
}

/** What is sent at once. */
const LIFE_S = 60;
const SKEW_S = 10;

async function keyOf({ config }: TraceOrder, { environment }: Terminal): Promise<string> {
  const written = config === undefined ? undefined : await readTraceKey(config, environment);
  const key = written ?? environment['PORTICO_TRACE_KEY'];
  if (key !== undefined && key !== '') return key;
  throw usage(
    'no key to sign with: set PORTICO_TRACE_KEY, or name a config with admin.trace by -c',
  );
}

const usage = (message: string): AdminError => new AdminError(message, { code: EXIT.usage });

function refuse(condition: boolean, message: string): void {
  if (condition) throw usage(message);
}

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
