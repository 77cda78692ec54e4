/** The schema of a route, apart from the keys that actions and plugins add. */
import { z } from 'zod';
import { canonicalHost } from '../../core/canonical-host.ts';
import { Retry } from './guards.ts';
import { fieldName, oneOrMore, orFalse, percent, positiveDuration, shown, size } from './types.ts';

/** A method's name; another check decides whether the method exists. */
export const method = () =>
  z.string().regex(/^[A-Z][A-Z-]*$/, {
    error: (issue) => {
      const right = String(issue.input).toUpperCase();
      if (right === '*') return '"*" is not a method: leave "methods" out for all of them';
      return `${shown(issue.input)} is not a method${/^[A-Z-]+$/.test(right) ? `: use "${right}"` : ''}`;
    },
  });

const notHost = (issue: { readonly input?: unknown }): string =>
  issue.input === '*'
    ? '"*" is not a host: leave "hosts" out for any'
    : `${shown(issue.input)} is not a host: use shop.example.com or *.example.com, without port`;

/** A host's name as requests have it, without port; or one label less after `*.`. */
const host = () =>
  z
    .string()
    .regex(/^(\*\.)?([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])$/, { error: notHost })
    .refine((text) => canonicalHost(text.replace(/^\*\./, '')) !== undefined, { error: notHost });

const Regex = z
  .strictObject({ regex: z.string().min(1).describe('RE2 syntax; must match the whole value.') })
  .describe(
    'What a header, query parameter or cookie must look like, if it is not one fixed text.',
  );
const Present = z.strictObject({ present: z.literal(true).describe('Any value matches.') });
export const ValueMatch = z.union([z.string(), Regex, Present]);

export const Match = z
  .strictObject({
    path: z
      .string()
      .startsWith('/', {
        error: ({ input }) => {
          const isRegex = /[\\^$(]/.test(String(input));
          return `${shown(input)} must start with /${isRegex ? '; a regex is "pathRegex"' : ''}`;
        },
      })
      .optional()
      .describe('`/a/{id}` exactly, or `/a/*` with everything below `/a`.'),
    pathRegex: z.string().min(1).optional().describe('RE2 syntax; must match the whole path.'),
    methods: z
      .array(method())
      .min(1)
      .optional()
      .describe('Methods; if absent, all but TRACE and CONNECT. GET includes HEAD.'),
    hosts: z
      .array(host())
      .min(1)
      .optional()
      .describe(
        '`shop.example.com`, or `*.example.com` for any name below it; case, port and a trailing dot are ignored.',
      ),
    headers: z
      .record(fieldName(), ValueMatch)
      .optional()
      .describe(
        'Header name → value; 400 if several lines of one header lead to different routes.',
      ),
    query: z
      .record(z.string(), ValueMatch)
      .optional()
      .describe(
        'Parameter → value; 400 if the values of a repeated parameter lead to different routes.',
      ),
    cookies: z
      .record(z.string(), ValueMatch)
      .optional()
      .describe('Cookie → value; of several with one name, the first counts.'),
  })
  .describe('What a request must look like; everything given must match.');

const Docs = z
  .strictObject({
    tag: z.string().min(1).max(100).optional().describe('Heading of its operations.'),
    only: z
      .array(
        z.string().regex(/^([A-Z]+ )?\/[^\p{Cc}\s]*$/u, {
          error: (issue) =>
            `${shown(issue.input)} is not an operation: use the path as the upstream has it, such as "/products/{id}" or "GET /products"`,
        }),
      )
      .min(1)
      .optional()
      .describe(
        "The operations to publish, by the path in the upstream's document: `/products/{id}`, or `GET /products` for one method. Default: all that requests can reach.",
      ),
    deprecated: z.boolean().default(false).describe('Marks its operations as deprecated.'),
  })
  .describe(
    'How OpenAPI documents of the gateway tell of the route: docs/openapi.md. `false` keeps it out of them.',
  );

/** Keys of a route, besides those of actions and plugins. */
export const RouteBase = z.strictObject({
  match: oneOrMore(Match).describe('One match, or a list of alternatives.'),
  priority: z.int().default(0).describe('If several routes match, the highest wins.'),
  owner: z
    .string()
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,100}$/u, {
      error: 'must be a text of 1 to 100 characters, without line breaks',
    })
    .optional()
    .describe(
      'Who answers for the route, such as a team: told by `/status`, `portico routes`, `portico explain` and `portico migrate status`.',
    ),
  docs: orFalse(Docs).optional(),
  deadline: positiveDuration().optional().describe("Replaces the upstream's."),
  timeout: positiveDuration().optional().describe("Replaces the upstream's."),
  idleTimeout: positiveDuration().optional().describe("Replaces the upstream's."),
  retry: orFalse(Retry).optional().describe("Replaces the upstream's."),
  bulkhead: z
    .strictObject({
      share: percent()
        .refine((share) => share > 0 && share <= 1, 'must be above 0% and at most 100%')
        .describe(
          "Largest share of each upstream's slots, and of its queue, that this route may hold.",
        ),
    })
    .optional()
    .describe('Keeps one route from taking a whole upstream.'),
  limits: z
    .strictObject({ body: size().optional().describe('Longest request body; 413 beyond it.') })
    .optional()
    .describe("Replaces the server's."),
});

export type ParsedMatch = z.output<typeof Match>;
export type ParsedValueMatch = z.output<typeof ValueMatch>;
