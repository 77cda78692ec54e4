/** `portico load`: puts load on a gateway, and says what that cost and what bounded it. */
import { LoadError, type LoadOutcome } from '../load/load-test.ts';
import { runLoad } from '../load/run-load.ts';
import { reportLines } from '../load/print-report.ts';
import { printFaults } from './faults.ts';
import { withProgress } from './progress.ts';
import { type LoadArguments, loadOptions } from './load-arguments.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function load(given: LoadArguments, terminal: Terminal): Promise<number> {
  const stopping = stopSignal(terminal);
  try {
    const options = loadOptions(given);
    const { environment, err: tell } = terminal;
    const outcome = await withProgress({ terminal, what: 'load' }, () =>
      runLoad(options, { environment, tell, signal: stopping }),
    );
    return print(outcome, given.json === true, terminal);
  } catch (error) {
    if (stopping.aborted) {
      terminal.err('load: interrupted; everything it started has ended');
      return EXIT.interrupted;
    }
    if (error instanceof RangeError) return say(error.message, EXIT.usage, terminal);
    if (error instanceof LoadError) return say(error.message, EXIT.failed, terminal);
    throw error;
  }
}

function say(message: string, code: number, { err }: Terminal): number {
  for (const line of message.split('\n')) err(`load: ${line}`);
  return code;
}

function print(outcome: LoadOutcome, isJson: boolean, terminal: Terminal): number {
  if (outcome.kind === 'faults') {
    printFaults(outcome.faults, terminal);
    return EXIT.badConfig;
  }
  const { report } = outcome;
  terminal.out(
    isJson
      ? JSON.stringify(report, undefined, 2)
      : reportLines(report, terminal.columns).join('\n'),
  );
  return EXIT.ok;
}

/** Aborted by Ctrl-C and the like, and when npm is gone. */
function stopSignal({ onSignal, onNpmGone }: Terminal): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], stop);
  onNpmGone(stop);
  return controller.signal;
}
