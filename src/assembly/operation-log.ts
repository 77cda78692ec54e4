/**
 * What the engine of operations tells, in the log: one line at the start, each failure, each undo and the end, with ids and never
 * with what is in them.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { EngineEvent } from '../operations/engine.ts';

/** Troubles of a store that is away come in hundreds. */
const TROUBLE_MS = 10_000;

export function operationLog(
  log: FastifyBaseLogger,
  now: () => number,
): (event: EngineEvent) => void {
  let troubleAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    switch (event.event) {
      case 'up':
        log.info('the store of operations is open');
        return;
      case 'down':
        log.error({ why: hidden(event.error), retryMs: event.retryMs }, 'the engine has ended');
        return;
      case 'trouble':
        if (now() - troubleAt < TROUBLE_MS) return;
        troubleAt = now();
        log.warn({ why: hidden(event.error) }, 'trouble with the store of operations');
        return;
      case 'takenOver':
        log.warn({ runs: event.ids }, 'operations of a gateway that has died are resumed');
        return;
      case 'counted':
      case 'closed':
        return;
      default:
        tellOperation(log, event);
    }
  };
}

function tellOperation(
  log: FastifyBaseLogger,
  event: Extract<EngineEvent, { readonly id: string }>,
): void {
  const { event: what, id, ...rest } = event;
  const { ended: _trace, ...fields } = { ended: undefined, ...rest };
  const { ms } = event;
  const line = { operation: id, ...fields, ...(ms !== undefined && { ms: Math.round(ms) }) };
  switch (what) {
    case 'started':
      log.info(line, 'operation started');
      return;
    case 'step':
      if (event.outcome === 'done') log.debug(line, 'step done');
      else log.warn(line, 'step failed');
      return;
    case 'compensating':
      log.warn(line, 'operation failed: what was done is undone');
      return;
    case 'undo':
      if (event.outcome === 'failed') log.error(line, 'undo failed');
      else log.info(line, 'step undone');
      return;
    case 'ended':
      if (event.status === 'stuck') log.error(line, 'operation stuck: an operator must settle it');
      else log.info(line, 'operation ended');
  }
}

/** Without the password of a URL. */
const hidden = (text: string): string => text.replaceAll(/(:\/\/[^:/@\s]*:)[^@\s]*@/g, '$1***@');
