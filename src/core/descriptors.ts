/**
 * File descriptors: how many this process may open, and whether a failure means that none are left.
 *
 * Running out is the gateway's own shortage (GW_OVERLOADED), never the fault of the upstream that it
 * could not reach.
 */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** The most that may be open at once; infinite if the system does not say. */
export function descriptorLimit(): number {
  try {
    const [, soft] =
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** How many are open; `undefined` if the system does not say. */
export function openDescriptors(): number | undefined {
  try {
    // One of them is open only to read the list.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/** No descriptor left in this process, or in the whole system. */
const NONE_LEFT: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);
/** Codes that resolvers also give when there is no descriptor. */
const MAYBE: ReadonlySet<unknown> = new Set(['EAI_AGAIN', 'EAI_SYSTEM', 'ENOTFOUND']);

/** Did something fail with `error` because no descriptor was left? */
export function isForWantOfDescriptors(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (NONE_LEFT.has(code)) return true;
  if (error instanceof AggregateError && error.errors.some(isForWantOfDescriptors)) return true;
  return isForWantOfDescriptors(error.cause) || (MAYBE.has(code) && areNoneLeft());
}

function areNoneLeft(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return false;
  } catch (error) {
    return NONE_LEFT.has((error as NodeJS.ErrnoException).code);
  }
}
