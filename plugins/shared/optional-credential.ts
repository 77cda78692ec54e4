/** Warns of optional credentials: clients that leave them out are not checked at all. */
import type { KnownNames, Loosening, OptionFault, PluginRisk } from 'portico';

/** A warning at the first of `wants` that requires something, if no other plugin `insists`. */
export function* unenforced(
  wants: Readonly<Record<string, readonly string[]>>,
  credential: string,
  insisting: readonly string[],
): Generator<OptionFault> {
  const [key] = Object.entries(wants).find(([, wanted]) => wanted.length > 0) ?? [];
  if (key === undefined || insisting.length > 0) return;
  const message = `applies only to requests with a ${credential}: "optional" admits all others; add "authorize" to check everyone`;
  yield { path: [key], message, severity: 'warning' };
}

/** The risk of an optional credential where nothing else on the route asks for one. */
export function* optionalRisk(
  isOptional: boolean,
  what: string,
  others: ReadonlyMap<string, unknown>,
  known: KnownNames,
): Generator<PluginRisk> {
  if (!isOptional || known.insistingOn(others).length > 0) return;
  const beside = known.identifying.filter((name) => others.has(name));
  if (!beside.every((name) => admitsUnknown(others.get(name)))) return;
  yield { rule: 'optional-token', path: [], message: `requests without ${what} are admitted too` };
}

const admitsUnknown = (options: unknown): boolean => {
  const { optional, required } = (options ?? {}) as Readonly<Record<string, unknown>>;
  return optional === true || required === false;
};

/** An option, and the credential that it makes optional. */
interface OptionalKey {
  readonly key: string;
  readonly what: string;
}

/** What a credential that has become optional admits. */
export function* optionalNow(
  before: boolean,
  after: boolean,
  { key, what }: OptionalKey,
  insisting: readonly string[],
): Generator<Loosening> {
  if (before || !after) return;
  const message = `requests without ${what} are admitted`;
  if (insisting.length === 0) yield { path: [key], message, severity: 'high' };
  else yield { path: [key], message: `${message}, unless ${insisting.join(' or ')} refuses them` };
}
