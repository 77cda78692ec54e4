/** What an optional credential must hold, and who brings none is never asked for. */
import { INSISTING, type OptionFault } from 'portico';

/** A warning at the first of `wants` that asks for something, where nothing `beside` asks everybody. */
export function* unasked(
  wants: Readonly<Record<string, readonly string[]>>,
  credential: string,
  beside: ReadonlyMap<string, unknown>,
): Generator<OptionFault> {
  const [key] = Object.entries(wants).find(([, wanted]) => wanted.length > 0) ?? [];
  if (key === undefined || INSISTING.some((plugin) => beside.has(plugin))) return;
  const message = `is asked only of who sends a ${credential}: with "optional" all others get in; "authorize" beside it asks everybody`;
  yield { path: [key], message, severity: 'warning' };
}
