#!/usr/bin/env node
/** The process: arguments, environment, signals and the exit code. Nothing else touches them. */
import './running-copy.ts';
import { setFlagsFromString } from 'node:v8';

// Whoever reads may have seen enough: `portico schema --json | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/**
 * Loading makes as much garbage as it keeps. V8 would grow to hold both, and stay so: 20 MiB more for
 * an idle gateway. Measured with V8 14, which is the first to be asked.
 */
function saveMemory(on: boolean): void {
  if (Number.parseInt(process.versions.v8, 10) < 14) return;
  setFlagsFromString(on ? '--memory-saver-mode' : '--no-memory-saver-mode');
}

const { runCli } = await import('./cli/index.ts');

process.exitCode = await runCli({
  args: process.argv.slice(2),
  environment: process.env,
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  onSignal: (signals, listener) => {
    for (const signal of signals) process.on(signal, listener);
  },
  saveMemory,
  exit: (code) => process.exit(code),
});
