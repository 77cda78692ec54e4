#!/usr/bin/env node
/** The process: arguments, environment, signals and the exit code. Nothing else touches them. */
import './running-copy.ts';

// Whoever reads may have seen enough: `portico schema --json | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const { runCli } = await import('./cli/index.ts');

process.exitCode = await runCli({
  args: process.argv.slice(2),
  environment: process.env,
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  onSignal: (signals, listener) => {
    for (const signal of signals) process.on(signal, listener);
  },
  exit: (code) => process.exit(code),
});

// A module that was imported may have left a timer, or a socket, open.
process.stdout.write('', () => process.exit());
