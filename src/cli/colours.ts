/** Whether what people read has colours. What programs read, such as `--json`, never has. */
import type { Terminal } from './terminal.ts';

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

export const painter = (isColoured: boolean): Paint =>
  isColoured
    ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`
    : (_colour, text) => text;

export const colourOfStatus = (status: number): Colour =>
  status >= 500 ? 'red' : status >= 400 ? 'yellow' : status >= 300 ? 'cyan' : 'green';

/** FORCE_COLOR decides; then NO_COLOR (no-color.org), then whether standard output is a terminal that has them. */
export function hasColours({
  columns,
  environment,
}: Pick<Terminal, 'columns' | 'environment'>): boolean {
  const { FORCE_COLOR, NO_COLOR = '', TERM } = environment;
  if (FORCE_COLOR !== undefined) return !['0', 'false'].includes(FORCE_COLOR);
  return NO_COLOR === '' && TERM !== 'dumb' && columns !== undefined;
}
