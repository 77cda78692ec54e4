/** One text for all JSON values that are the same by the rules, so that lists can be compared in any order. */
import { decimalOf, numberText } from '../../core/json-number.ts';
import type { DiffRules } from './diff-rules.ts';

/** RFC 3339 §5.6. */
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; `undefined` for a text that is not a moment. */
export function instantOf(text: string): number | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const at = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(at) ? undefined : at;
}

/** The same text for two values that do not differ by `rules`; tolerances are not part of it. */
export function canonicalText(value: unknown, rules: DiffRules): string {
  if (rules.isIgnored) return '';
  const number = numberText(value);
  if (number !== undefined) return decimalOf(number);
  if (typeof value === 'string') {
    const instant = rules.isDate ? instantOf(value) : undefined;
    return instant === undefined ? JSON.stringify(value) : `@${instant}`;
  }
  if (Array.isArray(value)) {
    const own = rules.member();
    const members = value.map((member) => canonicalText(member, own));
    return `[${(rules.isUnordered ? members.toSorted() : members).join()}]`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, each]) => [name, rules.field(name), each] as const)
    .filter(([, own]) => !own.isIgnored)
    .map(([name, own, each]) => `${JSON.stringify(name)}:${canonicalText(each, own)}`);
  return `{${fields.join()}}`;
}
