/**
 * The course of the demo: check the ports, start the services, then the gateway, print what to try, and
 * stop everything at the end.
 *
 * If a service dies, that is reported and the rest continues, which is the point of the demo. The death of the
 * gateway, a failed start or a signal ends everything.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Addresses, type Environment, SERVICE_NAMES, type ServiceName } from '../addresses.ts';
import { type ChildEnd, type Children, children } from './children.ts';
import { onNpmGone } from '../../src/cli/npm-gone.ts';
import { portFaults } from './ports.ts';
import { untilReady } from './ready.ts';
import { onStopSignals } from './stop-signals.ts';
import { restartCommand, summary } from './summary.ts';

export interface DemoOptions {
  readonly addresses: Addresses;
  /** Passed on to all processes. */
  readonly env: Environment;
  /** Whether the gateway has a store, for what it can do then. Default: false. */
  readonly hasStore?: boolean;
  /** What runs the gateway; it finds the services through the variables of {@link gatewayEnv}. */
  readonly gateway: {
    readonly module: string;
    readonly args: readonly string[];
    /** The longest that it may take to get ready. Default: 30 s. */
    readonly readyMs?: number;
  };
}

const SERVICE_MODULE = fileURLToPath(new URL('../service.ts', import.meta.url));
/** Makes the gateway end with us. */
const PRELOAD = import.meta.resolve('./preload.ts');
const GRACE_MS = 3_000;
const SERVICE_READY_MS = 20_000;
const GATEWAY_READY_MS = 30_000;
const TOKEN_S = 12 * 3_600;
/** As shells say it: 128 + SIGINT. */
const KILLED = 130;

const TokenAnswer = z.object({ access_token: z.string() });

/** Settles when everything has ended, with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const faults = await portFaults(options.addresses);
  if (faults.length === 0) return attend(options);
  const hint = 'other ports can be chosen with PORT, ADMIN_PORT and DEMO_PORT_BASE';
  for (const line of [...faults, hint]) console.error(`demo: ${line}`);
  return 1;
}

/** Sees the demo from the start of its processes to the end of the last one. */
async function attend(options: DemoOptions): Promise<number> {
  const ending = Promise.withResolvers<number>();
  const stopping = new AbortController();
  const leave = (code: number, message: string) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    console.error(message);
    ending.resolve(code);
  };
  let isRunning = false;
  const family = children({
    graceMs: GRACE_MS,
    onEnd(ended) {
      const loss = judge(ended, { isRunning, addresses: options.addresses });
      if (loss.code !== undefined) leave(loss.code, loss.message);
      else if (!stopping.signal.aborted) console.error(loss.message);
    },
  });
  const killed = stopWhenAsked(family, { env: options.env, leave });
  try {
    const started = await startAll(family, options, stopping.signal);
    isRunning = true;
    console.log(summary(started));
  } catch (error) {
    leave(1, `demo: ${error instanceof Error ? error.message : String(error)}`);
  }
  const code = await ending.promise;
  await family.stop();
  return killed.aborted ? KILLED : code;
}

/** What the end of a process means; with `code` it is the end of the demo. */
function judge(
  { name, code, how }: ChildEnd,
  { isRunning, addresses }: { isRunning: boolean; addresses: Addresses },
): { readonly message: string; readonly code?: number } {
  const said = `${name}: stopped (${how})`;
  if (name === 'gateway') return { message: `${said}; stopping the demo`, code: code ?? 1 };
  if (!isRunning) return { message: `${said} before the demo was ready`, code: 1 };
  return { message: `${said}; start it again with: ${restartCommand(name, addresses)}` };
}

/** @returns a signal that aborts when the user asked a second time and got everything killed */
function stopWhenAsked(
  family: Children,
  { env, leave }: { env: Environment; leave: (code: number, message: string) => void },
): AbortSignal {
  const killed = new AbortController();
  onNpmGone(env, () => leave(0, 'demo: npm is gone, stopping'));
  onStopSignals({
    first: () => leave(0, 'demo: stopping'),
    second: () => {
      killed.abort();
      family.kill();
    },
  });
  return killed.signal;
}

/** @throws {Error} when one does not get ready in time, or `signal` aborts */
async function startAll(family: Children, options: DemoOptions, signal: AbortSignal) {
  console.log(`demo: starting ${SERVICE_NAMES.length} services and the gateway`);
  const { addresses } = options;
  const services = SERVICE_NAMES.map((name) => [name, forkService(family, name, options)] as const);
  await Promise.all(
    SERVICE_NAMES.map((name) => {
      const url = `${addresses.services[name].url}/healthz`;
      return untilReady({ name, url, timeoutMs: SERVICE_READY_MS, signal });
    }),
  );
  const gateway = forkGateway(family, options);
  const url = `${addresses.admin.url}/readyz`;
  const { readyMs: timeoutMs = GATEWAY_READY_MS } = options.gateway;
  await untilReady({ name: 'gateway', url, timeoutMs, signal });
  const token = await fetchToken(addresses.services.issuer.url, signal);
  const pids = new Map([['gateway', gateway], ...services]);
  return { addresses, pids, token, hasStore: options.hasStore ?? false };
}

function forkService(family: Children, name: ServiceName, options: DemoOptions) {
  const env = { ...options.env, DEMO_PORT_BASE: String(options.addresses.services.issuer.port) };
  return family.fork({ name, module: SERVICE_MODULE, args: [name], env, stdout: 'ignore' });
}

function forkGateway(family: Children, { addresses, env, gateway }: DemoOptions) {
  const all = { ...env, ...gatewayEnv(addresses) };
  return family.fork({
    name: 'gateway',
    module: gateway.module,
    args: gateway.args,
    env: all,
    stdout: 'inherit',
    preload: PRELOAD,
  });
}

/** The variables gateway.config.yaml reads. */
export function gatewayEnv({ services, gateway, admin }: Addresses): Environment {
  return {
    PORT: String(gateway.port),
    ADMIN_PORT: String(admin.port),
    ISSUER: services.issuer.url,
    USERS_URL: services.users.url,
    CATALOG_URL: services.catalog.url,
    ORDERS_URL: services.orders.url,
    PAYMENTS_URL: services.payments.url,
    INVENTORY_URL: services.inventory.url,
    RECOMMENDATIONS_URL: services.recommendations.url,
    MONOLITH_URL: services.monolith.url,
    SHIPPING_URL: services.shipping.url,
  };
}

async function fetchToken(issuer: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${issuer}/token?sub=u1&expiresIn=${TOKEN_S}`, { signal });
  const { access_token: token } = TokenAnswer.parse(await response.json());
  return token;
}
