/** Three marks for each subject: the median, the mean and the 99th percentile of its latency. */
import type { Line } from '../summary.ts';
import type { ChartOptions } from './cpu-chart.ts';
import { label, logarithmic } from './scale.ts';
import { dot, kindOf, line, svg, text } from './svg.ts';

const WIDTH = 820;
const LEFT = 180;
const RIGHT = WIDTH - 90;
const TOP = 66;
const ROW = 26;

/** @param load how much load there was, in words */
export function latencyChart({
  group,
  setting,
  lines,
  load,
}: ChartOptions & { readonly load: string }): string {
  const bottom = TOP + lines.length * ROW;
  const all = lines.flatMap(({ p50Ms, meanMs, p99Ms }) => [p50Ms, meanMs, p99Ms]);
  const scale = logarithmic(Math.min(...all), Math.max(...all), LEFT, RIGHT);
  const grid = scale.ticks.flatMap((tick) => [
    line(scale.at(tick), TOP, scale.at(tick), bottom, 'grid'),
    text(scale.at(tick), bottom + 16, label(tick), 'quiet', 'middle'),
  ]);
  return svg({
    title: `Latency ${load}: ${group}`,
    subtitle: setting,
    width: WIDTH,
    height: bottom + 46,
    elements: [
      ...grid,
      ...lines.flatMap((each, i) => row(each, TOP + (i + 0.5) * ROW, scale.at)),
      text(
        LEFT,
        bottom + 36,
        'milliseconds, logarithmic; dot: median, stroke: mean, ring: 99th percentile, with its value',
        'quiet',
      ),
    ],
  });
}

function row(
  { name, p50Ms, meanMs, p99Ms }: Line,
  middle: number,
  at: (value: number) => number,
): string[] {
  const kind = kindOf(name);
  return [
    text(LEFT - 10, middle + 4, name, '', 'end'),
    line(at(p50Ms), middle, at(p99Ms), middle, kind),
    dot(at(p50Ms), middle, 5, kind),
    line(at(meanMs), middle - 7, at(meanMs), middle + 7, 'whisker'),
    dot(at(p99Ms), middle, 5, `${kind} hollow`),
    text(at(p99Ms) + 10, middle + 4, p99Ms.toFixed(1)),
  ];
}
