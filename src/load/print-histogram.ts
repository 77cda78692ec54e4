/** Draws how long requests took, a line for each range of times; ranges grow by half, bars by counts. */
import type { Bucket } from './latencies.ts';
import { countText, msText, percentText } from './units.ts';

const BLOCK = '█';
/** Eighths of a block, from one to seven. */
const EIGHTHS = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Narrower ones would say nothing. */
const LEAST_BAR = 10;

/** @param columns how wide a line may be */
export function histogramLines(buckets: readonly Bucket[], columns: number): string[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...buckets.map(({ count }) => count));
  const rows = buckets.map(({ fromMs, toMs, count }) => ({
    range: `${msText(fromMs)} – ${msText(toMs)}`,
    share: percentText(count / total),
    count: countText(count),
    height: count / most,
  }));
  const widest = (of: 'range' | 'share' | 'count'): number =>
    Math.max(...rows.map((row) => row[of].length));
  const [range, share, count] = [widest('range'), widest('share'), widest('count')];
  const room = Math.max(LEAST_BAR, columns - range - share - count - 2 - 3 * 2);
  return rows.map((row) =>
    [
      `  ${row.range.padStart(range)}`,
      bar(row.height, room).padEnd(room),
      row.share.padStart(share),
      row.count.padStart(count),
    ].join('  '),
  );
}

/** @param share of `room`, 0 to 1; what is not 0 can be seen */
function bar(share: number, room: number): string {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * room * 8));
  return BLOCK.repeat(Math.floor(eighths / 8)) + (EIGHTHS[(eighths % 8) - 1] ?? '');
}
