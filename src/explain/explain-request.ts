/** Puts together what is told of one request: what the trace has seen, in words for operators. */
import type { PluginStep, SentCall, Trace } from '../assembly/explain-trace.ts';
import type { World } from '../assembly/world.ts';
import type { RouteConfig } from '../config/build/config.ts';
import { UNMATCHED } from '../edge/client-request.ts';
import type { Generation } from '../generation.ts';
import { formatMatch } from '../routes/format-match.ts';
import type { AskedView, CallView, Outcome, RequestExplanation, RouteView } from './explanation.ts';
import { matchingOf } from './matching-view.ts';
import { type OriginOf, pathsOf, valuesAt } from './origins.ts';
import { pluginViews } from './plugin-view.ts';
import { type Question, requestOf } from './question.ts';
import { type OwnAnswer, traceRequest, type TracedRequest } from './traced-request.ts';
import { viewOfUpstream } from './upstream-view.ts';

export interface ExplainOptions {
  readonly generation: Generation;
  readonly world: World;
  /**
   * Called if there is a route; `undefined`: where its values are from cannot be found out. Absent: that is
   * not told.
   */
  readonly findOrigins?: () => Promise<OriginOf | undefined>;
}

/** @throws {QuestionError} for what is no request */
export async function explainRequest(
  question: Question,
  { generation, world, findOrigins }: ExplainOptions,
): Promise<RequestExplanation> {
  const traced = await traceRequest(generation, world, requestOf(question));
  const { trace } = traced;
  const route = generation.config.routes.find(({ name }) => name === trace.exchange?.route);
  const upstreams = upstreamsOf(trace);
  const leases = upstreams.flatMap((name) => generation.upstreams.get(name) ?? []);
  const { consumer } = trace.exchange ?? {};
  const originOf = route && (await findOrigins?.());
  return {
    request: requestView(question, trace),
    outcome: outcomeOf(traced),
    matching: matchingOf(trace, generation),
    ...(route && { route: routeView(route, trace, generation) }),
    plugins: pluginViews(trace),
    ...(consumer && {
      consumer: {
        id: consumer.id,
        via: consumer.via,
        ...(consumer.issuer !== undefined && { issuer: consumer.issuer }),
        scopes: [...consumer.scopes],
      },
    }),
    calls: trace.plan?.sent.map((call) => callView(call, generation)) ?? [],
    ...(trace.plan?.fallback && { fallback: trace.plan.fallback }),
    ...(trace.plan?.split && { split: trace.plan.split }),
    ...(trace.plan?.mirrors && { mirrors: trace.plan.mirrors }),
    upstreams: leases.map((lease) => viewOfUpstream(lease, route?.overrides ?? {})),
    values:
      route === undefined || originOf === undefined
        ? []
        : valuesAt(
            pathsOf({
              route: route.name,
              action: generation.actionKeys(route.action),
              plugins: Object.keys(route.plugins),
              upstreams,
            }),
            originOf,
          ),
    notes: [
      ...notesOf(trace, generation),
      ...(route && findOrigins && originOf === undefined ? [NO_ORIGINS] : []),
    ],
  };
}

const NO_ORIGINS = 'where the values are written: the config cannot be parsed again at present';

function requestView({ method, address }: Question, { exchange, readings }: Trace): AskedView {
  const [reading] = readings;
  return {
    method,
    scheme: exchange?.scheme ?? '',
    host: exchange?.host ?? '',
    path: reading?.request.path ?? exchange?.path ?? '',
    query: withoutValues(exchange?.query ?? ''),
    address: exchange?.address ?? address,
  };
}

/** Longer ones may be values that stand where a name should. */
const LONGEST_NAME = 64;

/** A query without what its parameters hold. */
export const withoutValues = (query: string): string =>
  query.replaceAll(/([^?&=]+)(=[^&]*)?/g, (_pair, name: string, value?: string) => {
    const shown = name.length > LONGEST_NAME ? '…' : name;
    return value === undefined || value === '=' ? `${shown}${value ?? ''}` : `${shown}=…`;
  });

/** The fragment, if there is one, is what the config says, up to what parameters of the path hold. */
const locationWithoutValues = (location: string): string =>
  location.replace(/\?[^#]*/, (query) => withoutValues(query));

function outcomeOf({ trace, answer }: TracedRequest): Outcome {
  const { plan, mayCall, steps } = trace;
  const isCertain =
    steps.every((step) => step.isCertain) &&
    !trace.isUnsureOfEndpoint &&
    plan?.split?.isCertain !== false;
  if (plan?.answer !== undefined) {
    const { status, location } = plan.answer;
    const headers =
      location === undefined ? {} : { headers: { location: locationWithoutValues(location) } };
    return { kind: 'answered', status, ...headers, isCertain };
  }
  if (plan !== undefined) {
    return { kind: 'called', isCertain: isCertain && !trace.isBffForward };
  }
  // The schemas come between the hooks and the code of the endpoint.
  if (mayCall !== undefined) {
    return { kind: 'called', isCertain: isCertain && !trace.hasRequestSchema };
  }
  const last = steps.at(-1);
  const by = last !== undefined && ENDING.has(last.outcome) ? { by: last.set.plugin } : {};
  const headers = toldOf(answer);
  const { code, detail } = problemOf(answer);
  return code === undefined
    ? { kind: 'answered', status: answer.status, ...by, headers, isCertain }
    : { kind: 'refused', status: answer.status, code, detail, ...by, headers, isCertain };
}

const ENDING: ReadonlySet<PluginStep['outcome']> = new Set(['refuses', 'answers']);
const TOLD = ['allow', 'location', 'retry-after', 'www-authenticate'];

const toldOf = ({ headers }: OwnAnswer): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => TOLD.includes(name)));

function problemOf({ headers, body }: OwnAnswer): { code?: string; detail: string } {
  if (headers['content-type'] !== 'application/problem+json') return { detail: '' };
  const { type, detail = '' } = JSON.parse(body) as { type: string; detail?: string };
  return { code: type.replace('urn:portico:error:', ''), detail };
}

function routeView(
  { name, owner, matches, action }: RouteConfig,
  { exchange, mayCall, batches = [], isBffForward }: Trace,
  { describeAction }: Generation,
): RouteView {
  return {
    name,
    ...(owner !== undefined && { owner }),
    match: matches.map(formatMatch),
    action: describeAction(action),
    ...((mayCall !== undefined || isBffForward) && { endpoint: exchange?.endpoint ?? '' }),
    ...(isBffForward && { forwards: true as const }),
    ...(batches.length > 0 && { batches }),
  };
}

function callView({ key, headers, query, ...call }: SentCall, { upstreams }: Generation): CallView {
  const lease = upstreams.get(call.upstream)!;
  const { balance } = lease.config;
  // Only a hash gives the same target to whoever asks.
  const isKeyed = typeof balance === 'object' && key !== undefined;
  const { targets } = lease.state;
  return {
    ...call,
    query: withoutValues(query),
    headers: Object.keys(headers).toSorted(),
    ...(isKeyed && targets.all.length > 0 && { target: targets.pick([], key).origin }),
  };
}

/** Those that are called, or may be, each once. */
function upstreamsOf({ plan, mayCall }: Trace): readonly string[] {
  const called = plan?.sent.map(({ upstream }) => upstream) ?? [];
  const copies = plan?.mirrors?.map(({ upstream }) => upstream) ?? [];
  return [...new Set([...called, plan?.fallback?.upstream ?? [], copies, mayCall ?? []].flat())];
}

function notesOf(trace: Trace, { ordinaryPlugins }: Generation): readonly string[] {
  const { steps, plan, mayCall, isUnsureOfEndpoint, hasRequestSchema, exchange } = trace;
  const unrun = steps.filter(({ outcome }) => outcome === 'not run').map(({ set }) => set.plugin);
  const policies = plan?.sent.flatMap((call) => call.unrun) ?? [];
  const isMatched = exchange !== undefined && exchange.route !== UNMATCHED;
  return [
    ...each(unrun, (names) => `not run, because they do not say that they may be: ${names}`),
    ...each(policies, (names) => `may change what is sent, and were not run: ${names}`),
    ...(isMatched
      ? each(
          ordinaryPlugins,
          (names) => `Fastify plugins run on every route, and were not: ${names}`,
        )
      : []),
    ...(isUnsureOfEndpoint
      ? ['the endpoint is not known: the BFF has routes with constraints of their own']
      : []),
    ...(trace.isBffForward ? ['hooks of the BFF, if it has any, were not run'] : []),
    ...(mayCall === undefined
      ? []
      : [`the code of the BFF was not run${hasRequestSchema ? SCHEMAS : ''}`]),
  ];
}

const SCHEMAS = ', nor were the schemas of its endpoint, which may refuse the request';

const each = (names: readonly string[], say: (listed: string) => string): string[] =>
  names.length === 0 ? [] : [say([...new Set(names)].join(', '))];
