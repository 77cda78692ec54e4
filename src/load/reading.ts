/** How to read a report: what its figures mean, and what bounds them. */
import type { Bound, LoadReport } from './report.ts';
import { countText, percentText } from './units.ts';

/** Other programs that use more of the machine make figures worth little. */
const NOISY = 0.1;

export function readingLines(report: LoadReport): string[] {
  const { setting, bound } = report;
  return [
    'how to read it',
    `  Closed loop: each of the ${countText(setting.connections)} connections sends its next request when it has its answer. So latency is`,
    '  what that many clients waiting in line see, and rate is connections ÷ latency.',
    ...BOUNDS[bound](report).map((line) => `  ${line}`),
    ...noiseLines(report),
    ...(setting.isSteady === false
      ? ['  The rate was not steady at the end of the warm-up: measure for longer, with -d.']
      : []),
  ];
}

function noiseLines({ strangersShare, setting }: LoadReport): string[] {
  if (strangersShare === null || strangersShare <= NOISY) return [];
  const others = setting.isStubbed ? 'Other programs' : 'Other programs, upstreams among them,';
  return [
    `  ${others} used ${percentText(strangersShare)} of this machine meanwhile: the figures are noisy.`,
  ];
}

const BOUNDS: Readonly<Record<Bound, (report: LoadReport) => string[]>> = {
  gateway: ({ cpu }) => [
    `The gateway used ${percentText(cpu?.coreShare ?? 0)} of its core: it is the bound. Fewer µs a request, or another process`,
    'beside it, give a higher rate; docs/performance.md says what costs what.',
  ],
  machine: ({ cpu }) => [
    `The gateway used ${percentText(cpu?.coreShare ?? 0)} of its core, and other programs had it while the gateway was not done:`,
    'stop them, or measure elsewhere: these figures say little.',
  ],
  load: ({ loadCoreShare, stubCoreShare }) => [
    `The load used ${percentText(loadCoreShare)} of a core${stubCoreShare === null ? '' : `, the stub ${percentText(stubCoreShare)}`}: they are the bound, not the gateway.`,
    'CPU a request still tells what the gateway costs; its highest rate is higher than this.',
  ],
  slots: () => ['Calls wait for slots of an upstream: its bulkhead is the bound, not the gateway.'],
  upstream: (report) => [
    `The gateway used ${percentText(report.cpu?.coreShare ?? 0)} of its core, and waited the rest of the time: the upstream is the bound,`,
    'or there are too few connections (-c) to keep it busy.',
  ],
  unknown: ({ cpu }) => [
    cpu === null
      ? 'What bounds the rate cannot be told without the CPU time of the gateway: pass --admin.'
      : `The gateway used ${percentText(cpu.coreShare)} of its core: pass more connections (-c) to see what it can do.`,
  ],
};
