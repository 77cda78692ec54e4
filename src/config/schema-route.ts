/** What the config may say of a route, apart from the keys that plugins add. */
import { z } from 'zod';
import { canonicalHost } from '../canonical-host.ts';
import { Retry } from './schema-upstream.ts';
import {
  fieldName,
  fieldValue,
  oneOrMore,
  orFalse,
  percent,
  positiveDuration,
  shown,
  size,
  valuePath,
} from './types.ts';

/** A method's name; whether there is such a method is a check of its own. */
const method = () =>
  z.string().regex(/^[A-Z][A-Z-]*$/, {
    error: (issue) => {
      const right = String(issue.input).toUpperCase();
      return `${shown(issue.input)} is not a method${/^[A-Z-]+$/.test(right) ? `: use "${right}"` : ''}`;
    },
  });

const notHost = (issue: { readonly input?: unknown }): string =>
  `${shown(issue.input)} is not a host: use shop.example.com or *.example.com, without port`;

/** A host's name as requests have it, without port; or one label less after `*.`. */
const host = () =>
  z
    .string()
    .regex(/^(\*\.)?([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])$/, { error: notHost })
    .refine((text) => canonicalHost(text.replace(/^\*\./, '')) !== undefined, { error: notHost });

const Regex = z
  .strictObject({ regex: z.string().min(1).describe('RE2 syntax; must match the whole value.') })
  .describe('What a header, query parameter or cookie must be, where it is more than one text.');
const Present = z.strictObject({ present: z.literal(true).describe('Any value will do.') });
const ValueMatch = z.union([z.string(), Regex, Present]);

export const Match = z
  .strictObject({
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .optional()
      .describe('`/a/{id}` exactly, or `/a/*` with everything below `/a`.'),
    pathRegex: z.string().min(1).optional().describe('RE2 syntax; must match the whole path.'),
    methods: z
      .array(method())
      .min(1)
      .optional()
      .describe('Methods; absent: all but TRACE and CONNECT. GET serves HEAD.'),
    hosts: z
      .array(host())
      .min(1)
      .optional()
      .describe(
        '`shop.example.com`, or `*.example.com` for any name below it; case, port and a dot at the end do not count.',
      ),
    headers: z
      .record(fieldName(), ValueMatch)
      .optional()
      .describe('Header name → value; 400 where lines of one header give different answers.'),
    query: z
      .record(z.string(), ValueMatch)
      .optional()
      .describe(
        'Parameter → value; 400 where a parameter that is repeated gives different answers.',
      ),
    cookies: z
      .record(z.string(), ValueMatch)
      .optional()
      .describe('Cookie → value; of several of one name the first counts.'),
  })
  .describe('What a request must be; all that is given must match.');

const template = (what: string) => z.string().min(1).describe(what);

const Part = z
  .strictObject({
    upstream: z.string().describe('Name of the upstream.'),
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .describe('Template: `{id}`, `{query.q}`, `{header.x}`, `{claim.sub}`, `{part.field}`.'),
    query: z.record(z.string(), template('Template.')).optional().describe('Query to send.'),
    method: method().default('GET').describe('At most one part is not GET.'),
    required: z
      .boolean()
      .default(false)
      .describe('Its failure is the whole answer’s; else the part is left out.'),
    default: z.json().optional().describe('What stands for the part when it fails.'),
    timeout: positiveDuration().optional().describe('For this part, to the end of its body.'),
    pick: z
      .array(valuePath())
      .min(1)
      .optional()
      .describe(
        'Fields to keep: `a`, `b.c`; what a path does not lead into is absent. Without it all of the answer goes out, as it came.',
      ),
    forwardHeaders: z
      .array(fieldName())
      .optional()
      .describe('Headers of the client to pass on; cookies and authorization only when named.'),
    forwardQuery: z.array(z.string()).optional().describe('Query parameters to pass on.'),
    maxBody: size().prefault('1MiB').describe('Longest answer that is read.'),
  })
  .describe('One piece of the answer.');

/** A part's name stands in templates. */
const partName = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: (issue) =>
      `${shown(issue.input)} can not name a part: use letters, digits and _, starting with a letter`,
  });

const Redirect = z
  .strictObject({
    to: z
      .string()
      .regex(/^(\/|https?:\/\/)[\x21-\x7e]*$/, {
        error: (issue) => `${shown(issue.input)} is neither a path nor an http or https URL`,
      })
      .describe('Path or URL; `*` is what the prefix matched, `{id}` a parameter.'),
    status: z
      .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
      .default(308)
      .describe('With 301 and 302 a POST may become a GET, with 303 it does; 307 and 308 keep it.'),
  })
  .describe('Action: answer with a redirect.');

const Respond = z
  .strictObject({
    status: z.int().min(200).max(599).default(200).describe('Status of the answer.'),
    headers: z.record(fieldName(), fieldValue()).default({}).describe('Header name → value.'),
    body: z.json().optional().describe('Text is sent as it is, all else as JSON.'),
  })
  .describe('Action: answer by itself.');

/** Why a fallback takes over. */
export const FALLBACK_REASONS = ['unavailable', 'timeout', '5xx'] as const;

const fallbackOn = z
  .array(z.enum(FALLBACK_REASONS))
  .min(1)
  .default([...FALLBACK_REASONS])
  .describe(
    'When: no connection, no slot, no target or an open circuit; no answer in time; a status of 500 and above.',
  );

const Fallback = z
  .union([
    z.strictObject({
      respond: Respond.describe('Answer this instead.'),
      on: fallbackOn,
    }),
    z.strictObject({
      upstream: z.string().describe('Call this one instead, with a deadline of its own.'),
      on: fallbackOn,
    }),
  ])
  .describe('What a forwarded request gets when its upstream fails; told by `Gateway-Fallback`.');

export const RouteBase = z.strictObject({
  match: oneOrMore(Match).describe('One match, or a list of which any will do.'),
  priority: z.int().default(0).describe('The higher one wins where several routes match.'),
  upstream: z.string().optional().describe('Action: forward to this upstream.'),
  rewrite: z
    .string()
    .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
    .optional()
    .describe(
      'Path sent upstream: `/orders/*` replaces the prefix, `/orders/{id}` uses parameters.',
    ),
  fallback: Fallback.optional(),
  aggregate: z
    .record(partName(), Part)
    .optional()
    .describe('Action: call several upstreams side by side, answer with one object.'),
  aggregation: z
    .strictObject({
      minimum: z
        .int()
        .min(0)
        .default(1)
        .describe('Parts that must succeed where none is required; fewer is 502.'),
      forwardHeaders: z
        .array(fieldName())
        .prefault(['accept-language'])
        .describe('Headers of the client that every part passes on.'),
    })
    .optional()
    .describe('Options of `aggregate` as a whole.'),
  bff: z.string().min(1).optional().describe('Action: a module made with defineBff.'),
  redirect: Redirect.optional(),
  respond: Respond.optional(),
  deadline: positiveDuration().optional().describe("Replaces the upstream's."),
  timeout: positiveDuration().optional().describe("Replaces the upstream's."),
  idleTimeout: positiveDuration().optional().describe("Replaces the upstream's."),
  retry: orFalse(Retry).optional().describe("Replaces the upstream's."),
  bulkhead: z
    .strictObject({
      share: percent()
        .refine((share) => share > 0 && share <= 1, 'must be above 0% and at most 100%')
        .describe("Most of each upstream's slots, and of its queue, that this route may hold."),
    })
    .optional()
    .describe('Keeps one route from taking a whole upstream.'),
  limits: z
    .strictObject({ body: size().optional().describe('Longest request body; 413 past it.') })
    .optional()
    .describe("Replaces the server's."),
});

export type ParsedMatch = z.output<typeof Match>;
export type ParsedFallback = z.output<typeof Fallback>;
export type ParsedPart = z.output<typeof Part>;
export type ParsedValueMatch = z.output<typeof ValueMatch>;

/** Keys of which a route has exactly one. */
export const ACTIONS = ['upstream', 'aggregate', 'bff', 'redirect', 'respond'] as const;
export type ActionName = (typeof ACTIONS)[number];
