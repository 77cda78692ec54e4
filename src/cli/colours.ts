/** Whether what people read has colours. What programs read, such as `--json`, never has. */
import type { Terminal } from './terminal.ts';

/** FORCE_COLOR decides; then NO_COLOR (no-color.org), then whether standard output is a terminal that has them. */
export function hasColours({
  columns,
  environment,
}: Pick<Terminal, 'columns' | 'environment'>): boolean {
  const { FORCE_COLOR, NO_COLOR = '', TERM } = environment;
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return NO_COLOR === '' && TERM !== 'dumb' && columns !== undefined;
}
