import { expect, test } from 'vitest';
import { isLooser, type Requirement } from '../../plugins/shared/requirement.ts';

const NAMES = ['a', 'b', 'c'];
/** Every set of names. */
const SETS = Array.from({ length: 2 ** NAMES.length }, (_each, bits) =>
  NAMES.filter((_name, i) => (bits >> i) % 2 === 1),
);
const REQUIREMENTS = SETS.flatMap((names) => [
  { names, match: 'all' as const },
  { names, match: 'any' as const },
]);

function admits({ names, match }: Requirement, held: readonly string[]): boolean {
  if (names.length === 0) return true;
  const found = names.filter((name) => held.includes(name));
  return match === 'all' ? found.length === names.length : found.length > 0;
}

test('a requirement is looser where somebody meets it who did not meet the one before', () => {
  for (const before of REQUIREMENTS) {
    for (const after of REQUIREMENTS) {
      const somebody = SETS.some((held) => admits(after, held) && !admits(before, held));
      expect(isLooser(before, after), JSON.stringify({ before, after })).toBe(somebody);
    }
  }
});
