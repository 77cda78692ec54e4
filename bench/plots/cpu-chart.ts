/** A bar for each subject: its CPU time per request by that of the floor. */
import type { Line, Spread } from '../summary.ts';
import { label, linear } from './scale.ts';
import { bar, kindOf, line, svg, text } from './svg.ts';

const WIDTH = 820;
const LEFT = 180;
const RIGHT = WIDTH - 70;
const TOP = 66;
const ROW = 26;
const BAR = 16;

export interface ChartOptions {
  /** Of the group. */
  readonly group: string;
  /** How, where and when it was measured. */
  readonly setting: string;
  readonly lines: readonly Line[];
}

/** Empty where no floor ran, because there is nothing to divide by. */
export function cpuChart({ group, setting, lines }: ChartOptions): string {
  const rows = lines.flatMap(({ name, ratio, ownRatio }) => {
    const spread = ratio ?? ownRatio;
    return spread === undefined ? [] : [{ name, spread }];
  });
  if (rows.length === 0) return '';
  const bottom = TOP + rows.length * ROW;
  const scale = linear(Math.max(...rows.map(({ spread }) => spread.high)), LEFT, RIGHT);
  const floor = lines.some(({ name }) => name === 'floor') ? 'floor' : 'its own floor';
  const grid = scale.ticks.flatMap((tick) => [
    line(scale.at(tick), TOP, scale.at(tick), bottom, 'grid'),
    text(scale.at(tick), bottom + 16, label(tick), 'quiet', 'middle'),
  ]);
  return svg({
    title: `CPU time per request: ${group}`,
    subtitle: setting,
    width: WIDTH,
    height: bottom + 46,
    elements: [
      ...grid,
      line(scale.at(1), TOP, scale.at(1), bottom, 'one'),
      ...rows.flatMap(({ name, spread }, i) => row(name, spread, TOP + i * ROW, scale.at)),
      text(
        LEFT,
        bottom + 36,
        `× the CPU time of ${floor}; bars: median, whiskers: lowest and highest round`,
        'quiet',
      ),
    ],
  });
}

function row(
  name: string,
  { median, low, high }: Spread,
  top: number,
  at: (value: number) => number,
): string[] {
  const middle = top + ROW / 2;
  return [
    text(LEFT - 10, middle + 4, name, '', 'end'),
    bar(LEFT, middle - BAR / 2, at(median) - LEFT, BAR, kindOf(name)),
    line(at(low), middle, at(high), middle, 'whisker'),
    line(at(low), middle - 4, at(low), middle + 4, 'whisker'),
    line(at(high), middle - 4, at(high), middle + 4, 'whisker'),
    text(at(high) + 8, middle + 4, median.toFixed(2)),
  ];
}
