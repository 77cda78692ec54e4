/** Lists of names that a client must hold: all of them, or any; an empty list asks for nothing. */

export interface Requirement {
  readonly names: readonly string[];
  readonly match: 'all' | 'any';
}

/** Does `after` admit somebody whom `before` refused? */
export function isLooser(before: Requirement, after: Requirement): boolean {
  return leastHeld(after).some((held) => !isMet(before, held));
}

/** The least that clients must hold, in each way there is. */
const leastHeld = ({ names, match }: Requirement): readonly (readonly string[])[] =>
  match === 'all' || names.length === 0 ? [names] : names.map((name) => [name]);

function isMet({ names, match }: Requirement, held: readonly string[]): boolean {
  if (names.length === 0) return true;
  const holds = (name: string): boolean => held.includes(name);
  return match === 'all' ? names.every(holds) : names.some(holds);
}

/** `the scopes a and b`, `one of the roles a, b`, or `no scopes`; `what` is a plural in `s`. */
export function requirementText({ names, match }: Requirement, what: string): string {
  if (names.length === 0) return `no ${what}`;
  if (match === 'any' && names.length > 1) return `one of the ${what} ${names.join(', ')}`;
  return `the ${names.length === 1 ? what.slice(0, -1) : what} ${names.join(' and ')}`;
}
