/**
 * `node dist/src/cli/warm-up.js [CONFIG]`: fills the compile cache of a build, by one start and stop of its gateway. Run it as the
 * user who will run the gateway: V8's cache is for one user, one machine and one version of Node.js.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from './compile-cache.ts';

/** Far more than a start takes. */
const PATIENCE_MS = 60_000;
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

const [config = 'gateway.config.yaml'] = process.argv.slice(2);
mkdirSync(COMPILE_CACHE, { recursive: true });
const gateway = spawn(process.execPath, [MAIN, 'start', '--config', config], {
  // Any free ports, for configs that take theirs from these names.
  env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ADMIN_HOST: '127.0.0.1', ADMIN_PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
  timeout: PATIENCE_MS,
});
createInterface({ input: gateway.stdout }).on('line', (line) => {
  if (line.includes('"msg":"serving"')) gateway.kill('SIGTERM');
});
const [code] = (await once(gateway, 'exit')) as [number | null];
if (code !== 0) {
  process.stderr.write(`the gateway of ${config} did not start and stop as it should\n`);
  process.exitCode = 1;
}
