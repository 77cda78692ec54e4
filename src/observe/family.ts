/**
 * A metric with all its series, as text for Prometheus.
 *
 * The text is made in pieces of whole lines, so that a scrape of many series can pause between two of them: what
 * belongs together, such as the buckets of one series, is one piece.
 */
export interface Named {
  readonly name: string;
  readonly help: string;
}

export interface Family extends Named {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /**
   * Pieces of whole lines. The series may change while they are read: none comes twice.
   *
   * @param isOpen in the OpenMetrics format
   */
  lines(isOpen: boolean): Iterable<string>;
}

/** The two lines before those of its series. */
export function headOf({ name, help, type }: Family, isOpen: boolean): string {
  const own = isOpen && type === 'counter' ? bare(name) : name;
  return `# HELP ${own} ${escapeHelp(help)}\n# TYPE ${own} ${type}\n`;
}

/** In OpenMetrics the name of a counter lacks `_total`, and its samples have it. */
export const bare = (name: string): string => name.replace(/_total$/, '');

/** The name of a counter's samples. */
export const counterName = (name: string, isOpen: boolean): string =>
  isOpen ? `${bare(name)}_total` : name;

/** `a="1",b="2"`, without braces. */
export function labelText(names: readonly string[], values: readonly string[]): string {
  let text = '';
  for (const [i, name] of names.entries()) {
    text += `${i === 0 ? '' : ','}${name}="${escapeLabel(values[i]!)}"`;
  }
  return text;
}

/** A line without its sample's value. */
export const seriesText = (name: string, labels: string): string =>
  labels === '' ? name : `${name}{${labels}}`;

export function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** @throws {TypeError} for names that Prometheus cannot read */
export function checkNames(name: string, labels: readonly string[]): void {
  if (!/^[a-z_:][\w:]*$/i.test(name)) throw new TypeError(`"${name}" is not a metric's name`);
  for (const label of labels) {
    if (!/^[a-z_]\w*$/i.test(label)) throw new TypeError(`"${label}" is not a label's name`);
  }
}

const escapeLabel = (text: string): string =>
  // Nearly none needs it.
  /[\\"\n]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : text;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
