/**
 * What `npm start` runs: every service of the shop and the gateway in front of them, each in its own
 * process, with a token and commands to try. With the argument `dev`, which `npm run dev` gives, the gateway reloads the
 * config and the BFFs when they change. With `STORE=embedded` it has a store, and fulfils orders.
 *
 * Exit codes: 0 stopped by Ctrl-C, 1 could not start, 2 wrong environment, 130 stopped by a second
 * Ctrl-C; if the gateway ended by itself, its own.
 */
import { fileURLToPath } from 'node:url';
import { demoAddresses, hasStore } from './addresses.ts';
import { runDemo } from './launcher/demo.ts';
import { storeFolder } from './launcher/store-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/**
 * Sources are stripped of their types and compiled once, not at each start of nine processes. The
 * project's own folder, because anyone who can write there can change the sources as well.
 */
const NODE_COMPILE_CACHE = `${ROOT}node_modules/.cache/portico`;

const command = process.argv[2] === 'dev' ? 'dev' : 'start';

try {
  const store = hasStore(process.env) ? storeFolder(`${ROOT}.cache/demo`) : undefined;
  const config = store === undefined ? 'gateway.config.yaml' : 'demo/fulfilment.config.yaml';
  process.exitCode = await runDemo({
    addresses: demoAddresses(process.env),
    env: { NODE_COMPILE_CACHE, ...process.env, ...(store && { STORE_FOLDER: store.path }) },
    hasStore: store !== undefined,
    gateway: {
      module: `${ROOT}src/main.ts`,
      args: [command, '--config', `${ROOT}${config}`],
      // Faults that it starts with are mended by an author, who may take their time.
      ...(command === 'dev' ? { readyMs: Infinity } : {}),
    },
  }).finally(() => store?.remove());
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`demo: ${error.message}`);
  process.exitCode = 2;
}
process.exit();
