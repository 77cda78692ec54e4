/** Writes to the log what came of a reload. */
import type { FastifyBaseLogger } from 'fastify';
import { inOneLine } from '../config/changes/words.ts';
import { formatFault } from '../config/fault.ts';
import type { Reload } from './reloader.ts';

/** `ms` is how long it took. */
export function tellReload(reload: Reload, ms: number, log: FastifyBaseLogger): void {
  const { cause, result, generation, changes, faults, rolledBackTo, restartRequired } = reload;
  const held = rolledBackTo === undefined ? {} : { rolledBackTo };
  const told = { cause, generation, ...held, ms: Math.round(ms) };
  if (result === 'held') {
    log.warn(told, 'nothing reloaded: a rollback holds until the config files change');
  } else if (result === 'rejected') {
    log.error(
      { ...told, faults: faults.map(formatFault) },
      'config rejected: the previous one keeps serving',
    );
  } else {
    for (const fault of faults) log.warn(formatFault(fault));
    log.info({ ...told, changes: inOneLine(changes) }, 'config applied');
    if (restartRequired.length === 0) return;
    log.warn({ keys: restartRequired }, 'changed, but restart required to take effect');
  }
}
