/** Runs a load test, and stops everything, however it ends. */
import { descriptorLimit } from '../core/descriptors.ts';
import { chooseCores } from './cores.ts';
import { Crew } from './crew.ts';
import {
  LoadError,
  type LoadOptions,
  type LoadOutcome,
  type LoadSurroundings,
} from './load-test.ts';
import { ProcessSet } from './process-set.ts';
import { Session } from './session.ts';

/**
 * Runs a load test to its end.
 *
 * @throws {LoadError} when there is nothing to measure: autocannon is not installed, an upstream or the
 *   gateway does not answer, or a process has ended
 * @throws the reason of `signal`
 */
export async function runLoad(
  options: LoadOptions,
  surroundings: LoadSurroundings,
): Promise<LoadOutcome> {
  const { signal, environment } = surroundings;
  signal.throwIfAborted();
  needAutocannon();
  needDescriptors(options.connections);
  const processes = new ProcessSet();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  const crew = new Crew(processes, chooseCores(), environment);
  try {
    return await Promise.race([new Session(options, surroundings, crew).run(), aborted.promise]);
  } catch (error) {
    if (signal.aborted || !(error instanceof Error) || error instanceof LoadError) throw error;
    throw new LoadError(error.message, { cause: error });
  } finally {
    signal.removeEventListener('abort', abort);
    await processes.stop();
  }
}

function needAutocannon(): void {
  try {
    import.meta.resolve('autocannon');
  } catch (error) {
    const message =
      'autocannon is not installed: it is an optional dependency of portico; npm install autocannon@9 adds it';
    throw new LoadError(message, { cause: error });
  }
}

/** Files and sockets of a process besides its connections. */
const OTHER_DESCRIPTORS = 64;

/** Without this autocannon would try again and again, and do nothing else. */
function needDescriptors(connections: number): void {
  const limit = descriptorLimit();
  if (connections + OTHER_DESCRIPTORS <= limit) return;
  const message = `${connections} connections are more than a process here may open with its ${limit} file descriptors`;
  throw new LoadError(`${message}: raise them (ulimit -n), or pass a smaller -c`);
}
