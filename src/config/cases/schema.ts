/**
 * What a file of test cases may say, `gateway.test.yaml`: each option with its unit, default and meaning, once.
 *
 * The checks, the types and the editors' schema derive from this.
 */
import { z } from 'zod';
import { ERRORS } from '../../core/errors.ts';
import { nearest } from '../check/suggest.ts';
import {
  duration,
  fieldName,
  instant,
  NAME,
  nameFault,
  oneOrMore,
  shown,
  TOKEN,
} from '../schema/types.ts';
import { patternFault } from './matchers.ts';

/** `GET /orders/7?full=1`, `/orders/7`, `GET https://shop.example/`. */
const TARGET = /^(?:([A-Z][A-Z-]*) )?((?:https?:\/\/[^/?#\s]+)?\/\S*|\*)$/;

export interface Target {
  /** `undefined`: not written. */
  readonly method: string | undefined;
  /** A path with its query, or a URL. */
  readonly url: string;
}

/** Reads `GET /orders/7`; the method may be left out. `undefined` if it is no such text. */
export function readTarget(text: string): Target | undefined {
  const [, method, url] = TARGET.exec(text) ?? [];
  return url === undefined ? undefined : { method, url };
}

const target = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .regex(TARGET, { error: (issue) => `${shown(issue.input)} is not ${what}` });

const method = () =>
  z.string().regex(TOKEN, { error: (issue) => `${shown(issue.input)} is not a method` });

const SCALAR = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value) => String(value))
  .meta({ id: 'Scalar' });

const scalar = () => SCALAR;

const name = (what: string) =>
  z.string().regex(NAME, { error: (issue) => nameFault(String(issue.input), what) });

/** Fields to send: numbers are text here. */
const fields = () => z.record(fieldName(), oneOrMore(scalar()));

const query = () => z.record(z.string(), oneOrMore(scalar()));

const BODY = 'Text is sent as it is, everything else as JSON.';

const Request = z
  .strictObject({
    method: method().optional().describe('Default: GET, or POST with a body.'),
    path: target('a path such as "/orders/7", or an http or https URL').describe(
      'With its query; a URL also gives the host, and whether the client uses TLS.',
    ),
    query: query().optional().describe('Added to the query of `path`.'),
    headers: fields().default({}).describe('Header fields.'),
    body: z.unknown().optional().describe(BODY),
  })
  .meta({ id: 'Request' });

const As = z
  .strictObject({
    consumer: z.string().optional().describe('Its id. Default: the claim `sub`, or `test`.'),
    via: name('a plugin')
      .optional()
      .describe(
        'The plugin that would have identified it. Default: the first on the route that identifies anybody.',
      ),
    issuer: z.string().optional().describe('Of a token. Default: the first that the route admits.'),
    scopes: z
      .array(z.string())
      .optional()
      .describe('Default: what the claims `scope` or `scp` say.'),
    claims: z.record(z.string(), z.unknown()).default({}).describe('Of a token, or of a key.'),
  })
  .meta({ id: 'As' });

export const FAILURES = ['refused', 'timeout', 'reset'] as const;

export const Answer = z
  .strictObject({
    on: target('a method and a path such as "GET /orders/{id}"')
      .optional()
      .describe(
        'Calls that it answers, as the upstream gets them: `GET /orders/{id}`, `/orders/*`. Default: every call.',
      ),
    status: z.int().min(200).max(599).default(200).describe('Status.'),
    headers: fields().default({}).describe('Header fields.'),
    body: z.unknown().optional().describe(BODY),
    delay: duration()
      .optional()
      .describe('Before the answer. No test waits for it: the clock is moved.'),
    fails: z
      .enum(FAILURES)
      .optional()
      .describe(
        'There is no answer: the connection is `refused`, or `reset` once the request was sent, or nothing comes until the gateway gives up (`timeout`).',
      ),
  })
  .describe('What an upstream answers.')
  .meta({ id: 'Answer' });

const Answers = z
  .record(
    name('an upstream'),
    oneOrMore(Answer).describe(
      'One answer for all calls, or a list: of those that fit a call, each is given once, and the last one again and again.',
    ),
  )
  .meta({ id: 'Answers' });

const pattern = () =>
  z.string().refine((text) => patternFault(text) === undefined, {
    error: (issue) => patternFault(String(issue.input)) ?? '',
  });

const FieldMatcher = z
  .union([
    scalar(),
    z.array(z.string()).min(1),
    z.strictObject({ matches: pattern() }),
    z.strictObject({ includes: z.string() }),
    z.strictObject({ absent: z.literal(true) }),
    z.strictObject({ present: z.literal(true) }),
  ])
  .meta({ id: 'FieldMatcher' });

const Fields = z.record(fieldName(), FieldMatcher);

const CODES = Object.keys(ERRORS);

function unknownCode(code: string): string {
  const near = nearest(code, CODES);
  const right = near === undefined ? ': docs/errors.md lists them' : `; did you mean "${near}"?`;
  return `${shown(code)} is not an error of the gateway${right}`;
}

const Expect = z
  .strictObject({
    status: z
      .union([
        z.int().min(100).max(599),
        z.string().regex(/^[1-5]xx$/, 'is not a class such as "4xx"'),
      ])
      .optional()
      .describe('Status, or a class of them such as `4xx`.'),
    headers: Fields.optional().describe(
      'Fields, each a value, a list of values, or one of `{ matches: regex }`, `{ includes: text }`, `{ present: true }`, `{ absent: true }`.',
    ),
    body: z
      .unknown()
      .optional()
      .describe(
        'Text is compared with the text of the body, everything else with its JSON. Anywhere in it: `{ includes: … }` for a part of a map, a list or a text, `{ matches: regex }`, `{ type: number }`, `{ present: true }`, `{ absent: true }`, `{ exactly: … }`.',
      ),
    error: z
      .string()
      .refine((code) => code in ERRORS, {
        error: (issue) => unknownCode(String(issue.input)),
      })
      .meta({ pattern: '^GW_[A-Z_]+$' })
      .optional()
      .describe('Code of the error that the gateway answers with, such as `GW_RATE_LIMITED`.'),
    within: duration()
      .optional()
      .describe('The longest that the answer may take, by the clock of the test.'),
  })
  .meta({ id: 'Expect' });

const Seen = z
  .strictObject({
    method: method().optional().describe('Default: any.'),
    path: z.unknown().optional().describe('Without its query: a path, or `{ matches: regex }`.'),
    query: z
      .record(z.string(), FieldMatcher)
      .optional()
      .describe('Parameters; others may be there.'),
    headers: Fields.optional().describe('Fields, as in `expect.headers`.'),
    body: z.unknown().optional().describe('As in `expect.body`.'),
  })
  .meta({ id: 'Seen' });

const SeenCall = z.union([target('a call such as "GET /orders/7"'), Seen]);

const Calls = z
  .union([
    z.literal('none'),
    z.record(
      name('an upstream'),
      z.union([z.literal('none'), z.int().min(0), SeenCall, z.array(SeenCall).min(1)]),
    ),
  ])
  .meta({ id: 'Calls' });

const ONE = {
  request: z
    .union([target('a request such as "GET /orders/7"'), Request])
    .optional()
    .describe('`GET /orders/7`, or a map with more.'),
  as: z
    .union([z.string().min(1), As])
    .optional()
    .describe('Who the client is, without a token or key: its id, or a map. Default: nobody.'),
  from: z
    .union([z.ipv4(), z.ipv6()], 'is not an IP address')
    .optional()
    .describe('Address from which the client connects. Default: 127.0.0.1.'),
  listener: z
    .string()
    .optional()
    .describe('Name of the listener. Default: one that fits the request.'),
  upstreams: Answers.default({}).describe('What upstreams answer, by name.'),
  expect: Expect.optional().describe('The answer that the client must get.'),
  calls: Calls.optional().describe(
    'Calls that upstreams must have got: `none`, or by upstream `none`, a count, or the calls in their order.',
  ),
} as const;

export const Step = z.strictObject({
  ...ONE,
  wait: duration().optional().describe('Moves the clock before the request.'),
  times: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('The request is sent so often, one after the other.'),
});

export const Case = z.strictObject({
  name: z.string().min(1).describe('The rule that it tests.'),
  skip: z.string().min(1).optional().describe('Why it is not run.'),
  ...ONE,
  now: instant().optional().describe('The time at its start. Default: that of the file.'),
  random: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe(
      'What is drawn, such as the side of a split. Default: other numbers, the same in each run.',
    ),
  steps: z
    .array(Step)
    .min(1)
    .optional()
    .describe('Several requests to one gateway, in place of `request`.'),
});

export const CaseFile = z
  .strictObject({
    environment: z
      .record(z.string(), scalar())
      .default({})
      .describe('What `${NAME}` of the config stands for, in place of the environment.'),
    now: instant()
      .optional()
      .describe('The time at the start of each case. Default: the time of the run.'),
    as: ONE.as.describe('Who the client is where a case does not say.'),
    upstreams: Answers.default({}).describe('What upstreams answer where a case does not say.'),
    cases: z.array(Case).min(1).describe('Each runs in a gateway of its own.'),
  })
  .describe('Test cases of a config, for `portico test`.');
