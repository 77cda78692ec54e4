/**
 * Admits clients by their scopes and groups, for the whole route or per method.
 *
 * It works with any authentication: a token, a key or a certificate. Anonymous clients get 401, clients without
 * the rights 403.
 */
import type { FastifyRequest } from 'fastify';
import {
  challengesOf,
  claimPath,
  claimReader,
  type Consumer,
  definePlugin,
  GatewayError,
  hint,
  type Loosening,
  type OptionFault,
  type RequestHook,
  z,
  type ReadClaim,
} from 'portico';
import { oneOrMoreTexts } from './shared/listed-claims.ts';
import { isLooser, requirementText } from './shared/requirement.ts';

const Named = z.strictObject({
  via: z
    .string()
    .min(1)
    .describe('Plugin that must have authenticated the consumer, such as `apiKey`.'),
  id: z.string().min(1).describe('Id that the plugin assigns.'),
});
const rule = {
  scopes: z.array(z.string().min(1)).default([]).describe('Scopes that are required.'),
  groups: z.array(z.string().min(1)).default([]).describe('Groups, one of which is required.'),
  consumers: z
    .array(z.union([z.string().min(1), Named]))
    .default([])
    .describe(
      'The only consumers admitted; by default any. A bare id is accepted from any issuer.',
    ),
  match: z
    .enum(['all', 'any'])
    .default('all')
    .describe('Whether all `scopes` are required, or any of them.'),
};
const Rule = z.strictObject(rule);
type Rule = z.output<typeof Rule>;

const Options = z
  .strictObject({
    ...rule,
    methods: z
      .record(z.string().regex(/^[A-Z][A-Z-]*$/, 'is not a method: write it in upper case'), Rule)
      .default({})
      .describe('Method → its own requirements instead; HEAD has those of GET.'),
    groupsClaim: claimPath()
      .default('groups')
      .describe('Claim that lists the groups, such as `realm.groups`.'),
  })
  .describe('What an authenticated client must have.');
type Options = z.output<typeof Options>;

export default definePlugin({
  name: 'authorize',
  insists: true,
  settings: z.strictObject({}),
  options: Options,
  *check(options, _settings, others, { identifying, identifyingOn }) {
    const here = identifyingOn(others);
    if (here.length === 0) {
      const message = `nothing authenticates the client: add one of ${identifying.join(', ')}`;
      yield { path: [], message };
    }
    const rules = [options, ...Object.values(options.methods)];
    if (rules.every(isEmpty)) {
      yield { path: [], message: 'requires nothing: give it scopes, groups or consumers' };
    }
    yield* checkConsumers(options, [], here);
    for (const [method, own] of Object.entries(options.methods)) {
      yield* checkConsumers(own, ['methods', method], here);
    }
  },
  document: (options, _settings, method) =>
    isEmpty(ruleFor(method, options))
      ? {}
      : { errors: ['GW_TOKEN_MISSING', 'GW_SCOPE_INSUFFICIENT'] },
  loosened: { ofOptions: loosened },
  register: () => ({
    route(options) {
      const readGroups = claimReader(options.groupsClaim);
      const admit: RequestHook = (request) => {
        const needed = ruleFor(request.method, options);
        if (isEmpty(needed)) return;
        const { consumer } = request;
        if (consumer === undefined) throw unknown(request);
        require(consumer, needed, readGroups);
      };
      return { phase: 'authorize', onRequest: admit, explain: admit };
    },
  }),
});

function* checkConsumers(
  { consumers }: Rule,
  path: readonly string[],
  identifying: readonly string[],
): Generator<OptionFault> {
  for (const [i, each] of consumers.entries()) {
    if (typeof each === 'string' || identifying.includes(each.via)) continue;
    const message = `this route has no ${each.via} that authenticates the client${hint(each.via, identifying)}`;
    yield { path: [...path, 'consumers', i, 'via'], message };
  }
}

const isEmpty = ({ scopes, groups, consumers }: Rule): boolean =>
  scopes.length + groups.length + consumers.length === 0;

function ruleFor(method: string, options: Options): Rule {
  const { methods } = options;
  return methods[method] ?? (method === 'HEAD' ? methods['GET'] : undefined) ?? options;
}

/** @throws GW_SCOPE_INSUFFICIENT (RFC 6750 §3.1) */
function require(consumer: Consumer, needed: Rule, readGroups: ReadClaim): void {
  const { scopes, groups, consumers, match } = needed;
  const holds = (scope: string): boolean => consumer.scopes.has(scope);
  if (scopes.length > 0 && !(match === 'all' ? scopes.every(holds) : scopes.some(holds))) {
    const wanted = scopes.join(' ');
    const challenge = `Bearer realm="portico", error="insufficient_scope", scope="${wanted}"`;
    throw new GatewayError('GW_SCOPE_INSUFFICIENT', `needs ${match} of the scopes: ${wanted}`, {
      headers: { 'www-authenticate': challenge },
    });
  }
  if (groups.length > 0) {
    const held = oneOrMoreTexts(readGroups(consumer.claims));
    if (!groups.some((group) => held.has(group))) throw refused('is in none of the groups');
  }
  const isNamed = (each: Rule['consumers'][number]): boolean =>
    typeof each === 'string'
      ? each === consumer.id
      : each.via === consumer.via && each.id === consumer.id;
  if (consumers.length > 0 && !consumers.some(isNamed)) throw refused('is not on the list');
}

/** A client in none of the groups must not learn their names. */
const refused = (why: string): GatewayError =>
  new GatewayError('GW_SCOPE_INSUFFICIENT', `not allowed: the client ${why}`);

function unknown(request: FastifyRequest): GatewayError {
  const challenges = [...challengesOf(request).values()].flat();
  return new GatewayError('GW_TOKEN_MISSING', 'send credentials', {
    headers: { 'www-authenticate': challenges.join(', ') || 'Bearer realm="portico"' },
  });
}

function* loosened(before: Options | undefined, after: Options | undefined): Generator<Loosening> {
  if (before === undefined || after === undefined) return;
  const methods = new Set(Object.keys({ ...before.methods, ...after.methods }));
  yield* loosenedRule(before, after, []);
  for (const method of methods) {
    const path = method in after.methods ? ['methods', method] : [];
    const of = (options: Options): Rule => ruleFor(method, options);
    for (const each of loosenedRule(of(before), of(after), path)) {
      yield { ...each, message: `for ${method}, ${each.message}` };
    }
  }
  if (before.groupsClaim === after.groupsClaim) return;
  const message = `groups are read from ${after.groupsClaim} now`;
  yield { path: ['groupsClaim'], message };
}

function* loosenedRule(before: Rule, after: Rule, path: readonly string[]): Generator<Loosening> {
  if (isEmpty(after) && !isEmpty(before)) {
    yield { path, message: 'a client needs no rights, and need not be known', severity: 'high' };
    return;
  }
  for (const { key, of } of REQUIREMENTS) {
    const [old, now] = [of(before), of(after)];
    if (!isLooser(old, now)) continue;
    const needs = `a client needs ${requirementText(now, key)}`;
    const message = `${needs}; before, it needed ${requirementText(old, key)}`;
    yield { path: [...path, key], message };
  }
}

const REQUIREMENTS = [
  { key: 'scopes', of: ({ scopes, match }: Rule) => ({ names: scopes, match }) },
  { key: 'groups', of: ({ groups }: Rule) => ({ names: groups, match: 'any' as const }) },
  {
    key: 'consumers',
    of: ({ consumers }: Rule) => ({
      names: consumers.map((each) =>
        typeof each === 'string' ? each : `${each.id} via ${each.via}`,
      ),
      match: 'any' as const,
    }),
  },
];
