/**
 * What a value must be, wherever the config says `when`: those of a match, and `in` and `not` besides.
 *
 * A match has no `in` and no `not`, because routes are told apart by what their values are.
 */
import { z } from 'zod';
import { claimPath, fieldName } from './types.ts';

const KEYS = ['regex', 'present', 'in', 'not'] as const;

const plain = <V extends z.ZodType>(value: V) => ({
  regex: z.string().min(1).optional().describe('RE2 syntax; must match the whole value.'),
  present: z.literal(true).optional().describe('Any value matches.'),
  in: z.array(value).min(1).optional().describe('One of these.'),
});

const isOne = (condition: object): boolean => Object.keys(condition).length === 1;
const ONE = `needs one of ${KEYS.join(', ')}`;

const conditionOf = <V extends z.ZodType>(value: V) =>
  z.union([
    value,
    z
      .strictObject({
        ...plain(value),
        not: z
          .union([value, z.strictObject(plain(value)).refine(isOne, ONE.replace(', not', ''))])
          .optional()
          .describe('Anything else, or nothing.'),
      })
      .refine(isOne, ONE)
      .describe('What the value must be, if it is not one fixed text.'),
  ]);

/** Of a text. */
export const Condition = conditionOf(z.string());
/** Of a value of JSON. */
export const JsonCondition = conditionOf(z.union([z.string(), z.number(), z.boolean()]));

export type ParsedCondition = z.output<typeof Condition>;
export type ParsedJsonCondition = z.output<typeof JsonCondition>;

/** What `when` may ask of a request. */
export const WhenKeys = {
  headers: z.record(fieldName(), Condition).optional().describe('Header name → value.'),
  query: z.record(z.string(), Condition).optional().describe('Parameter → value.'),
  cookies: z
    .record(z.string(), Condition)
    .optional()
    .describe('Cookie → value; of several with one name, the first counts.'),
  claims: z.record(claimPath(), Condition).optional().describe('Claim of the client → value.'),
};
