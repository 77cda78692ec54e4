/**
 * `${NAME}`, `${NAME:-default}`, `${file:/run/secrets/x}` in scalar values, after parsing: values
 * from outside can never change the structure of the config.
 */
import { readFileSync, statSync } from 'node:fs';

/** A secret read from a file is at most this long. */
const MAX_FILE_BYTES = 65_536;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What placeholders are replaced from; `as written`: they stay. */
export type Values = Environment | 'as written';

export interface Expansion {
  readonly text: string;
  /** The placeholders that were replaced, to name instead of the value in a message. */
  readonly from: readonly string[];
  /** The text was one placeholder and nothing else. */
  readonly whole: boolean;
}

/** The last alternative is an error: a typo must not pass as text, least of all as a secret. */
const PLACEHOLDER = /\$(\$\{)|\$\{(file:)?([^}:]+)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/** Does `text` hold anything to replace? */
export const hasPlaceholder = (text: string): boolean => text.includes('${');

export interface Braceless {
  readonly name: string;
  /** `$NAME` or `$(NAME)`. */
  readonly as: string;
  /** Nothing else is in the text. */
  readonly whole: boolean;
}

const BRACELESS = /(?<!\$)\$(?:\(([A-Za-z_]\w*)\)|([A-Za-z_]\w*))/g;
const CAPITALS = /^[A-Z][A-Z0-9_]+$/;

/**
 * The variable that `text` means by `$NAME` or `$(NAME)`, as shells and Kubernetes write it: one that is
 * set, or a text that is nothing but such a name in capitals. Patterns, prices and passwords hold a `$`, too.
 */
export function braceless(text: string, environment: Environment): Braceless | undefined {
  if (!text.includes('$')) return undefined;
  for (const [as, inner, plain] of text.replaceAll(PLACEHOLDER, ' ').matchAll(BRACELESS)) {
    const name = (inner ?? plain)!;
    const whole = as === text;
    if (environment[name] !== undefined || (whole && CAPITALS.test(name)))
      return { name, as, whole };
  }
  return undefined;
}

/**
 * Replaces every placeholder of `text`.
 *
 * @throws {RangeError} naming the variable or file that is missing
 */
export function expand(text: string, environment: Environment): Expansion {
  const from: string[] = [];
  const result = text.replaceAll(
    PLACEHOLDER,
    (match: string, literal?: string, file?: string, name?: string, fallback?: string) => {
      if (literal !== undefined) return literal;
      if (name === undefined) throw malformed(match);
      if (fallback?.includes('${') === true) {
        throw new RangeError(`the default of \${${name}} cannot hold another placeholder`);
      }
      from.push(match);
      return file === undefined ? variable(name, fallback, environment) : readSecret(match);
    },
  );
  return { text: result, from, whole: from.length === 1 && from[0] === text };
}

/** `${NAME:default}`, `${NAME:?message}`, `${NAME`: only the name is shown, because the rest may be a secret. */
function malformed(text: string): RangeError {
  if (!text.endsWith('}')) {
    return new RangeError('"${" has no "}": for a literal ${ write $${');
  }
  return notVariable(text.replace(/:.+\}$/s, ':…}'));
}

const notVariable = (text: string): RangeError =>
  new RangeError(`"${text}" is not a variable: use \${NAME} or \${NAME:-default}`);

function variable(name: string, fallback: string | undefined, environment: Environment): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw notVariable(`\${${name}}`);
  const value = environment[name];
  // As a shell reads `:-`: empty counts as unset.
  if (value !== undefined && (value !== '' || fallback === undefined)) return value;
  if (fallback !== undefined) return fallback;
  throw new RangeError(`environment variable ${name} is not set (or write \${${name}:-default})`);
}

/** The files that `text` names in placeholders. */
export const filesIn = (text: string): string[] =>
  [...text.matchAll(PLACEHOLDER)].flatMap(([, , isFile, name]) =>
    isFile === undefined || name === undefined ? [] : [name],
  );

function readSecret(placeholder: string): string {
  const file = placeholder.slice('${file:'.length, -1);
  try {
    if (statSync(file).size > MAX_FILE_BYTES) {
      throw new RangeError(`file ${file} is larger than 64 KiB`);
    }
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError(`file ${file} cannot be read`, { cause: error });
  }
}
