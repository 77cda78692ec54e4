/** An explanation for people: first what happens, then why. */
import type {
  CallView,
  Matching,
  MirrorView,
  Outcome,
  PluginView,
  RequestExplanation,
  RouteView,
} from '../explain/explanation.ts';
import type { Batched } from '../assembly/explain-trace.ts';
import type { PlannedList, PlannedSplit } from '../actions/plan.ts';
import type { ValueOrigin } from '../explain/origins.ts';
import type { UpstreamView } from '../explain/upstream-view.ts';
import { policyLines } from './print-policies.ts';

export function explanationLines(explanation: RequestExplanation): string[] {
  const { route, matching, plugins, split, calls, fallback, upstreams, values, notes } =
    explanation;
  const { mirrors = [] } = explanation;
  return [
    ...headLines(explanation),
    ...section('routes', candidateLines(matching)),
    ...section(route === undefined ? '' : `plugins of ${route.name}`, plugins.map(pluginLine)),
    ...section('split', split === undefined ? [] : splitLines(split)),
    ...section('calls', [
      ...calls.map(callLine),
      ...(fallback === undefined
        ? []
        : [`fallback on ${fallback.on.join(', ')}: ${fallback.upstream ?? fallback.status}`]),
      ...mirrors.map(mirrorLine),
      ...(route?.batches ?? []).map(batchLine),
    ]),
    ...upstreams.flatMap((upstream) =>
      section(`upstream ${upstream.name}`, upstreamLines(upstream)),
    ),
    ...section('values', valueLines(values)),
    ...section('not told', notes),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

function headLines({ request, outcome, route, consumer, calls }: RequestExplanation): string[] {
  const { method, scheme, host, path, query, address } = request;
  const url = path === '' ? '(not read)' : `${scheme}://${host}${path}${query}`;
  const who = consumer && `${consumer.id} (${consumer.via}${sayIssuer(consumer.issuer)})`;
  return [
    `${method} ${url} from ${address}`,
    `  ${sayOutcome(outcome, calls)}${outcome.isCertain ? '' : ' (not certain: see below)'}`,
    ...(outcome.detail === undefined || outcome.detail === '' ? [] : [`  ${outcome.detail}`]),
    ...Object.entries(outcome.headers ?? {}).map(([name, value]) => `  ${name}: ${value}`),
    ...(route === undefined
      ? []
      : [`  route ${route.name}: ${route.action}${sayEndpoint(route)}${sayOwner(route)}`]),
    ...(who === undefined
      ? []
      : [`  client ${who}, scopes: ${consumer?.scopes.join(' ') || 'none'}`]),
  ];
}

const sayIssuer = (issuer: string | undefined): string =>
  issuer === undefined ? '' : `, issuer ${issuer}`;

const sayEndpoint = ({ endpoint, forwards }: RouteView): string =>
  endpoint === undefined
    ? ''
    : `, endpoint ${endpoint === '' ? '(none)' : endpoint}${forwards === true ? ', which forwards' : ''}`;

const sayOwner = ({ owner }: { readonly owner?: string }): string =>
  owner === undefined ? '' : `, owner ${owner}`;

function sayOutcome(
  { kind, status, code, by }: Outcome,
  calls: RequestExplanation['calls'],
): string {
  const who = by === undefined ? '' : ` by ${by}`;
  if (kind === 'refused') return `refused${who}: ${status} ${code}`;
  if (kind === 'answered') return `answered${who} with ${status}, without a call`;
  if (calls.length === 0) return 'would run the code of its BFF';
  const called = calls.filter(isCalled).map(({ upstream }) => upstream);
  return `would call ${called.join(', ') || 'nobody: no condition holds'}`;
}

function candidateLines({ candidates, more, others, method, near, readings }: Matching): string[] {
  const width = Math.max(0, ...candidates.map(({ route }) => route.length));
  return [
    ...(method === undefined ? [] : [`a preflight: looked up as ${method}`]),
    ...candidates.map(({ route, match, outcome, why }) => {
      const because = why === '' ? '' : `: ${why}`;
      return `${outcome.padEnd(9)}  ${route.padEnd(width)}  ${match}${because}`;
    }),
    ...(more === 0 ? [] : [`${more} more with this path`]),
    ...(near === undefined ? [] : [`no path fits; did you mean ${near}?`]),
    ...readings.map(({ path, route }) => `read as ${path}: ${route}`),
    ...(others === 0 ? [] : [`${others} not looked at: their path does not fit`]),
  ];
}

function pluginLine(view: PluginView): string {
  const { plugin, phase = '', outcome, says, code, detail, reason, changes } = view;
  const why = says === '' ? (detail ?? '') : says;
  const told = [
    ...(outcome === undefined ? [] : [code === undefined ? outcome : `${outcome} (${code})`]),
    ...(why === '' ? [] : [why]),
    ...(reason === undefined ? [] : [`reason ${reason}`]),
    ...(changes.length === 0 ? [] : [`changes ${changes.join(', ')}`]),
  ];
  return `${phase.padEnd(13)}  ${plugin}: ${told.join('; ')}`;
}

function splitLines({ side, by, bucket, sticky, sides }: PlannedSplit): string[] {
  return [
    `to ${side}: ${sayChoice(by, bucket, sticky)}`,
    ...sides.map(({ upstream, share, aborted }) => {
      const out = aborted === undefined ? '' : `, aborted: ${aborted}`;
      return `${upstream} gets ${inPercent(share)}${out}`;
    }),
  ];
}

function sayChoice(
  by: PlannedSplit['by'],
  bucket: number | undefined,
  sticky: string | undefined,
): string {
  const own = bucket === undefined ? '' : ` (bucket ${inPercent(bucket)} by ${sticky})`;
  switch (by) {
    case 'when':
      return 'its "when" is met';
    case 'sticky':
      return `bucket ${inPercent(bucket ?? 0)} by ${sticky}`;
    case 'chance':
      return `by chance${sticky === undefined ? '' : `, because the request has no ${sticky}`}`;
    case 'aborted':
      return `its own side is aborted${own}`;
  }
}

const inPercent = (share: number): string => `${Number((share * 100).toFixed(3))} %`;

const isCalled = ({ when }: CallView): boolean => when !== 'unmet' && when !== 'unasked';

function callLine(call: CallView): string {
  const { name, upstream, method, path, query, headers, after, isRequired, opens, target } = call;
  if (call.when === 'unmet') return `${name}: not called, its condition does not hold`;
  if (call.when === 'unasked') return `${name}: not called, none of its fields is asked for`;
  const what = [
    `${name === '' ? '' : `${name}: `}${method} ${path}${query} to ${upstream}`,
    ...(opens === undefined ? [] : ['opens a WebSocket']),
    ...(target === undefined ? [] : [`target ${target}`]),
    ...(after.length === 0 ? [] : [`after ${after.join(', ')}`]),
    ...(call.when === undefined ? [] : ['if its condition holds']),
    ...(call.foreach === undefined ? [] : [sayList(call.foreach)]),
    ...(call.otherwise === undefined ? [] : [`if it fails, ${call.otherwise} is asked`]),
    ...(isRequired || name === '' ? [] : ['optional']),
    `with ${headers.join(', ')}`,
  ];
  return what.join('; ');
}

const sayList = ({ of, concurrency, max }: PlannedList): string =>
  `for each of ${of}, at most ${max}, ${concurrency} at once`;

function mirrorLine({ upstream, path, share, isCompared }: MirrorView): string {
  const copied =
    share === 0 ? 'not copied: its method' : `${Number((share * 100).toFixed(2))}% copied`;
  return `mirror ${upstream}, ${path}: ${copied}${share > 0 && isCompared ? ', compared' : ''}`;
}

const batchLine = ({ upstream, path, list, parameter, max }: Batched): string =>
  `calls of ${path} of ${upstream}, if there are several, become GET ${list} with up to ${max} ${parameter}`;

function upstreamLines(upstream: UpstreamView): string[] {
  const { targets, moreTargets, balance, panic, isDiscovered } = upstream;
  const how = typeof balance === 'string' ? balance : `hash of ${balance.hash}`;
  const states = targets.map(({ origin, healthy, ejected, inflight }) => {
    const state = ejected ? 'ejected' : healthy ? 'healthy' : 'unhealthy';
    return `${origin} (${state}, ${inflight} open)`;
  });
  const none = isDiscovered ? 'looked up, and none is known' : 'none';
  return [
    `target by ${how}: ${states.join(', ') || none}${moreTargets === 0 ? '' : `, ${moreTargets} more`}`,
    ...(panic ? ['too few are available: all of them get calls'] : []),
    ...policyLines(upstream),
  ];
}

/** What is written first, with its place; what is built in needs less room. */
function valueLines(values: readonly ValueOrigin[]): string[] {
  const written = values.filter(({ file }) => file !== undefined);
  const builtIn = values.filter(({ file }) => file === undefined);
  return [
    ...written.map(
      ({ path, value, from, file, line }) => `${path}: ${shown(value)}  (${from}, ${file}:${line})`,
    ),
    ...builtIn.map(({ path, value }) => `${path}: ${shown(value)}  (built in)`),
  ];
}

const LONGEST = 120;

function shown(value: unknown): string {
  if (value === undefined) return 'not shown';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
