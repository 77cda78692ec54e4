/** Claims that list names: roles, groups, scopes. */

/** The texts in a list; anything else in it, or instead of it, names nothing. */
export function textsOf(claim: unknown): ReadonlySet<string> {
  if (!Array.isArray(claim)) return new Set();
  return new Set(claim.filter((each) => typeof each === 'string'));
}

/** The same, where one text may stand for a list of one. */
export const oneOrMoreTexts = (claim: unknown): ReadonlySet<string> =>
  typeof claim === 'string' ? new Set([claim]) : textsOf(claim);
