/**
 * One fault of a config: where it is, what is wrong, and what would be right.
 *
 * Faults are collected, never thrown one by one: whoever edits a file wants to see all of them.
 */

/** Keys and indexes from the root of the config. */
export type Path = readonly (string | number)[];

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface Fault extends Position {
  /** `routes.orders.upstream`; empty for what concerns the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** A warning lets the config serve. */
  readonly severity: 'error' | 'warning';
  /** The line of a plugin or BFF that threw, or that does not compile. */
  readonly thrownAt?: Position | undefined;
}

/** A fault before anybody knows its place in a file. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Point at the key itself (an unknown one), or at its value. Default `value`. */
  readonly at?: 'key' | 'value';
  readonly severity?: 'error' | 'warning';
  readonly thrownAt?: Position | undefined;
}

/** `routes.orders.match[0].path` */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );
}

/** The path that {@link formatPath} writes so; keys that hold a dot have no such form. */
export const parsePath = (text: string): Path =>
  [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([part, index]) =>
    index === undefined ? part : Number(index),
  );

/** `gateway.config.yaml:12:5  routes.orders.upstrem: unknown key; did you mean "upstream"?` */
export function formatFault(fault: Fault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`;
  const warning = fault.severity === 'warning' ? 'warning: ' : '';
  return visible(
    `${place}  ${warning}${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`,
  );
}

/** One line, whatever keys and values hold: terminals and programs read it. Blanks that look like others show. */
export const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u00a0\u2028\u2029]/gu, (sign) =>
    sign === '\n' ? '\\n' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** In the order of the files' lines. */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
}

/** A config that must not serve, with every reason why. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'GW_CONFIG_INVALID';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(formatFault).join('\n'));
    this.faults = faults;
  }
}
