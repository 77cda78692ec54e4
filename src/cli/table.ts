/** Lines of cells in columns, cut to the width of a terminal. */
import { visible } from '../config/fault.ts';

export interface Column {
  readonly name: string;
  /** The side that is cut where it does not fit. Default `end`. */
  readonly cut?: 'start' | 'end';
}

const GAP = '  ';
/** No column gets narrower, so that a terminal of 80 columns has room for nine. */
const NARROWEST = 6;

/** The head and a line for each row; `width` is that of the terminal, absent where there is none. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const shown = [columns.map(({ name }) => name), ...rows.map((row) => row.map(visible))];
  const widths = columns.map((_column, i) =>
    shown.reduce((most, row) => Math.max(most, row[i]!.length), 0),
  );
  narrow(widths, width - GAP.length * (columns.length - 1));
  return shown.map((row) =>
    row
      .map((cell, i) => fitted(cell, widths[i]!, columns[i]!))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes from the widest column until all fit. */
function narrow(widths: number[], room: number): void {
  let total = widths.reduce((sum, each) => sum + each, 0);
  while (total > room) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
    total -= 1;
  }
}

function fitted(cell: string, width: number, { cut = 'end' }: Column): string {
  if (cell.length <= width) return cell.padEnd(width);
  return cut === 'start' ? `…${cell.slice(1 - width)}` : `${cell.slice(0, width - 1)}…`;
}
