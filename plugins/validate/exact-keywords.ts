/**
 * Makes keywords that compute with numbers check first whether those are the numbers that were sent.
 *
 * The package calls what it has compiled on behalf of a LostDigits, which knows (`passContext`). While it
 * checks a schema itself it passes itself, which is not one.
 */
import type { Ajv, CodeKeywordDefinition, KeywordCxt } from 'ajv';
import { decimalOf } from 'portico';
import { ajv as ajvPackage } from './ajv.ts';
import { LostDigits, NONE_LOST } from './lost-digits.ts';

/** Keywords that compute with a number. */
const COMPUTING = [
  'maximum',
  'minimum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'multipleOf',
  'enum',
  'const',
];

/** For one that has compiled nothing yet. */
export function computeExactly(ajv: Ajv): void {
  for (const keyword of COMPUTING) refuseLostDigits(ajv, keyword);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    validate: isUnique,
    error: { message: 'must not have the same item twice' },
  });
}

/** Has the package ask, before it computes with a number, whether that is the one that was sent. */
function refuseLostDigits(ajv: Ajv, keyword: string): void {
  // The package's own, which all of these are.
  const own = ajv.getKeyword(keyword) as CodeKeywordDefinition;
  const { _ } = ajvPackage();
  ajv.removeKeyword(keyword);
  ajv.addKeyword({
    ...own,
    keyword,
    code(context: KeywordCxt, ...rest) {
      const { gen, data, it } = context;
      gen.if(
        _`this.isEmpty === false && (typeof ${data} == "number" || typeof ${data} == "object")`,
        () =>
          gen.code(
            _`this.computeWith(${data}, ${it.parentData}, ${it.parentDataProperty}, instancePath + ${it.errorPath})`,
          ),
      );
      own.code(context, ...rest);
    },
  });
}

/** The package compares each item with each other. */
function isUnique(this: unknown, wanted: boolean, items: readonly unknown[]): boolean {
  if (!wanted) return true;
  const lost = this instanceof LostDigits ? this : NONE_LOST;
  const texts = withSources(items, lost).map((item) => canonical(item, lost));
  return new Set(texts).size === items.length;
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown, lost: LostDigits): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || JSON.isRawJSON(each)) return each;
    if (Array.isArray(each)) return withSources(each, lost);
    const members = Object.entries(each).map(
      ([key, member]) => [key, exactly(member, lost.sourceOf(each, key))] as const,
    );
    return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1))) as unknown;
  });
}

const withSources = (list: readonly unknown[], lost: LostDigits): readonly unknown[] =>
  lost.isEmpty ? list : list.map((each, i) => exactly(each, lost.sourceOf(list, i)));

/** One text for one number, whatever its spelling. */
const exactly = (value: unknown, source: string | undefined): unknown =>
  source === undefined ? value : JSON.rawJSON(decimalOf(source));
