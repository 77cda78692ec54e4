/** The process: arguments, environment, signals and the exit code. Nothing else touches them. */
import './engine.ts';
import './compile-cache.ts';
import { onNpmGone } from './npm-gone.ts';
import type { StandardOutput } from './standard-output.ts';
import { StatusLine } from './status-line.ts';

/** So long work of libuv's threads may take that is under way at the end. */
const THREADS_MS = 250;
const LOOK_MS = 10;

/** Of a process that serves. */
let output: StandardOutput | undefined;

// The reader may have seen enough: `portico schema --json | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`portico: standard output cannot be written: ${error.message}\n`);
  process.exit(1);
});
// There is nobody left to report to.
process.stderr.on('error', () => undefined);
process.on('exit', () => output?.flushNow());

// A build finds itself by its own name, and loads faster without a hook.
if (import.meta.url.endsWith('.ts')) await import('./running-copy.ts');

const { runCli } = await import('./index.ts');

const statusLine = new StatusLine(process.stderr);
const code = await runCli({
  args: process.argv.slice(2),
  environment: process.env,
  out: (text) => {
    statusLine.erase();
    process.stdout.write(`${text}\n`);
  },
  err: (text) => {
    statusLine.erase();
    process.stderr.write(`${text}\n`);
  },
  columns: process.stdout.columns,
  showStatus: process.stderr.isTTY ? (text) => statusLine.show(text) : undefined,
  onSignal: (signals, listener) => {
    for (const signal of signals) process.on(signal, listener);
  },
  onNpmGone: (listener) => onNpmGone(process.env, listener),
  openLog: async () => {
    const { StandardOutput: Opened } = await import('./standard-output.ts');
    output = new Opened();
    output.divert(process.stdout, process.stderr);
    return output.out;
  },
  exit: (status) => void leave(status),
});

await output?.end();
// A module that was imported may have left a timer, or a socket, open.
process.stdout.write('', () => void leave(code));

/** `exit` waits for libuv's threads: for a name that does not resolve, or a disk that does not answer. */
async function leave(status: number): Promise<void> {
  output?.flushNow();
  for (let waited = 0; areThreadsBusy(); waited += LOOK_MS) {
    if (waited >= THREADS_MS) process.kill(process.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  process.exit(status);
}

function areThreadsBusy(): boolean {
  return process
    .getActiveResourcesInfo()
    .some((name) => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(name));
}
