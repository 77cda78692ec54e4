/** A report of a load test as text. */
import type { Findings, Refusal, UpstreamFinding } from './findings.ts';
import { histogramLines } from './print-histogram.ts';
import { readingLines } from './reading.ts';
import type { LoadReport } from './report.ts';
import { wrapped } from './wrapped.ts';
import { countText, mibText, msText, percentText } from './units.ts';

/** So wide a report is where nobody knows the terminal. */
const COLUMNS = 80;
/** Wider lines are hard to follow with the eyes. */
const MOST_COLUMNS = 160;

/** @param columns of the terminal; absent: 80 */
export function reportLines(report: LoadReport, columns: number = COLUMNS): string[] {
  const width = Math.min(columns, MOST_COLUMNS);
  const sections = [
    settingLines(report),
    requestLines(report),
    latencyLines(report, width),
    costLines(report),
    ...(report.gateway === null
      ? [['gateway    its metrics are not known: pass --admin']]
      : gatewayLines(report.gateway)),
    readingLines(report),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => ['', ...lines.flatMap((line) => wrapped(line, width))]);
}

function settingLines({ setting }: LoadReport): string[] {
  const { gateway, request, connections, seconds, warmUpSeconds, isStubbed, node, cores } = setting;
  const behind = isStubbed ? ', stub upstreams' : '';
  const pins =
    cores === null
      ? 'nothing is pinned to a core'
      : `gateway on core ${cores.gateway}, all else on ${cores.rest}`;
  return [
    `${request} of ${gateway}${behind}`,
    `${countText(connections)} connections for ${seconds.toFixed(1)} s, after ${warmUpSeconds.toFixed(1)} s of warm-up; ${pins}; Node.js ${node}`,
  ];
}

function requestLines({ requests, statuses, classes, errors }: LoadReport): string[] {
  const each = Object.entries(statuses).map(([status, count]) => `${status}: ${countText(count)}`);
  const failed = Object.entries(errors).map(([code, count]) => `${code}: ${countText(count)}`);
  const shares = Object.entries(classes).map(
    ([name, count]) => `${name} ${percentText(count / requests.total)}`,
  );
  return [
    row('requests', `${countText(requests.total)}, ${countText(requests.perSecond)}/s`),
    row('responses', `${shares.join('  ')}  (${each.join(', ')})`),
    row('errors', failed.length === 0 ? 'none: every connection held' : failed.join(', ')),
  ];
}

function latencyLines({ latencyMs }: LoadReport, columns: number): string[] {
  const { p50, p90, p99, p999, max, histogram } = latencyMs;
  const named = { p50, p90, p99, 'p99.9': p999, max };
  const figures = Object.entries(named).map(([name, ms]) => `${name} ${msText(ms)}`);
  return [row('latency', figures.join('  ')), ...histogramLines(histogram, columns)];
}

function costLines({ cpu, memory }: LoadReport): string[] {
  return [
    cpu === null
      ? row('CPU', 'not known: the gateway runs elsewhere, and no --admin is given')
      : row(
          'CPU',
          `${cpu.perRequestUs.toFixed(1)} µs a request, user and system; ${percentText(cpu.coreShare)} of one core`,
        ),
    ...(memory === null || memory === undefined
      ? []
      : [
          row(
            'memory',
            `${mibText(memory.beforeBytes)} before, ${mibText(memory.endBytes)} at the end, ${mibText(memory.highestBytes)} at most (resident)`,
          ),
        ]),
  ];
}

function gatewayLines({ refusals, upstreams, notices }: Findings): string[][] {
  return [
    refusals.length === 0
      ? [row('refused', 'nothing: no error of the gateway itself')]
      : ['the gateway refused', ...refusals.flatMap(refusalLines)],
    upstreams.length === 0 ? [] : ['upstreams', ...upstreams.flatMap(upstreamLines)],
    notices.length === 0
      ? []
      : [
          'besides',
          ...notices.flatMap(({ text, count, hint }) => [
            `  ${countText(count)} ${text}`,
            ...hintLines(hint),
          ]),
        ],
  ];
}

function refusalLines({ code, status, title, cause, route, count, hint }: Refusal): string[] {
  const why = cause === undefined ? '' : `, cause ${cause}`;
  const where = route === undefined ? 'no route' : `route ${route}`;
  const meaning = title === undefined ? '' : `: ${title}`;
  return [
    `  ${countText(count)} × ${[status, code].join(' ').trim()}${meaning} (${where}${why})`,
    ...hintLines(hint),
  ];
}

function upstreamLines(finding: UpstreamFinding): string[] {
  const {
    name,
    attempts,
    meanMs,
    retries,
    slotsUsed,
    slots,
    waiting,
    circuit,
    slotsGivenUp,
    hint,
  } = finding;
  const each = Object.entries(attempts).map(([status, count]) => `${status}: ${countText(count)}`);
  const calls =
    each.length === 0
      ? 'not called'
      : `${each.join(', ')}; ${msText(meanMs)} to its head on average`;
  const state = [
    `${countText(slotsUsed)}${slots === undefined ? '' : ` of ${countText(slots)}`} slots in use at the end`,
    `${countText(waiting)} calls waiting`,
    ...(retries === 0 ? [] : [`${countText(retries)} retries`]),
    ...(circuit === undefined ? [] : [`circuit ${circuit}`]),
    ...(slotsGivenUp === 0 ? [] : [`${countText(slotsGivenUp)} slots given up by slow clients`]),
  ];
  return [`  ${name}  ${calls}`, `    ${state.join(', ')}`, ...hintLines(hint)];
}

const hintLines = (hint: string | undefined): string[] =>
  hint === undefined ? [] : [`    → ${hint}`];

const row = (title: string, text: string): string => `${title.padEnd(11)}${text}`;
