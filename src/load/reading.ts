/** How to read a report: what its figures mean, and what bounds them. */
import type { Bound, LoadReport } from './report.ts';
import { countText, percentText } from './units.ts';

/** Other programs that use more of the machine make figures worth little. */
const NOISY = 0.1;

export function readingLines(report: LoadReport): string[] {
  const { setting, bound } = report;
  const clients = countText(setting.connections);
  const paragraphs = [
    `Closed loop: each of the ${clients} connections sends its next request when it has its answer. So latency is what ${clients} clients waiting in line see, and rate is connections ÷ latency.`,
    BOUNDS[bound](report),
    ...noise(report),
    ...(setting.isSteady === false
      ? ['The rate was not steady at the end of the warm-up: measure for longer, with -d.']
      : []),
  ];
  return ['how to read it', ...paragraphs.map((paragraph) => `  ${paragraph}`)];
}

function noise({ strangersShare, setting }: LoadReport): string[] {
  if (strangersShare === null || strangersShare <= NOISY) return [];
  const others = setting.isStubbed ? 'Other programs' : 'Other programs, upstreams among them,';
  return [
    `${others} used ${percentText(strangersShare)} of this machine meanwhile: the figures are noisy.`,
  ];
}

const coreOf = ({ cpu }: LoadReport): string => `${percentText(cpu?.coreShare ?? 0)} of its core`;

const BOUNDS: Readonly<Record<Bound, (report: LoadReport) => string>> = {
  gateway: (report) =>
    `The gateway used ${coreOf(report)}: it is the bound. Fewer µs a request, or another process beside it, give a higher rate; docs/performance.md says what costs what.`,
  machine: (report) =>
    `The gateway used ${coreOf(report)}, and other programs had it while the gateway was not done: stop them, or measure elsewhere, because these figures say little.`,
  load: ({ loadCoreShare, stubCoreShare }) => {
    const stub = stubCoreShare === null ? '' : `, and the stub ${percentText(stubCoreShare)}`;
    return `The load used ${percentText(loadCoreShare)} of a core${stub}: that is the bound, not the gateway. CPU a request still tells what it costs; its highest rate is higher than this.`;
  },
  slots: () => 'Calls wait for slots of an upstream: its bulkhead is the bound, not the gateway.',
  upstream: (report) =>
    `The gateway used ${coreOf(report)}, and waited the rest of the time: the upstream is the bound, or there are too few connections (-c) to keep it busy.`,
  unknown: (report) =>
    report.cpu === null
      ? 'What bounds the rate cannot be told without the CPU time of the gateway: pass --admin.'
      : `The gateway used ${coreOf(report)}: pass more connections (-c) to see what it can do.`,
};
