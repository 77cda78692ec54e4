/**
 * Replaces placeholders in the scalar values of a document, and remembers which values came from
 * outside: those are never printed.
 */
import { type Document, isPair, isScalar, type Node, parseDocument, Scalar } from 'yaml';
import {
  type Braceless,
  braceless,
  type Environment,
  expand,
  hasPlaceholder,
} from './environment.ts';
import type { Fault, Path } from '../fault.ts';
import { eachNode, pathOf } from './path.ts';

/** Marks a value that turned out to be empty: its key counts as absent. */
export const ABSENT = Symbol('absent');

export interface Expanded {
  readonly faults: readonly {
    readonly node: Node;
    readonly path: Path;
    readonly message: string;
    readonly severity: Fault['severity'];
  }[];
  /** What was written, by the node that holds its value now. */
  readonly outside: ReadonlyMap<Node, string>;
  /** The text of values that were taken for numbers or truth values, by the node. */
  readonly texts: ReadonlyMap<Node, string>;
}

export function expandDocument(document: Document, environment: Environment): Expanded {
  const faults: Expanded['faults'][number][] = [];
  const outside = new Map<Node, string>();
  const texts = new Map<Node, string>();
  eachNode(document, (node, ancestors, isKey) => {
    if (isKey || !isScalar(node) || typeof node.value !== 'string') return;
    const written = node.value;
    const meant = braceless(written, environment);
    if (meant !== undefined) faults.push({ node, ...asItStands(pathOf(ancestors, node), meant) });
    if (!hasPlaceholder(written)) return;
    try {
      const { text, from, whole } = expand(written, environment);
      node.value = valueOf(text, node, whole && !written.startsWith('${file:'));
      if (typeof node.value !== 'string') texts.set(node, text);
      if (from.length > 0) outside.set(node, written);
      if (text === '' && isPair(ancestors.at(-1))) node.value = ABSENT;
    } catch (error) {
      const { message } = error as Error;
      faults.push({ node, path: pathOf(ancestors, node), message, severity: 'error' });
    }
  });
  return { faults, outside, texts };
}

/** Keys of secrets, in settings and header maps alike. */
const SECRET = /(?:secret|token|password|passphrase|authorization|keys?)$/i;

/** Is it by its name the key of a secret? */
export const isSecretKey = (part: string | number): boolean => SECRET.test(String(part));

/** What to say of `$NAME`: a secret that everybody can guess must not serve; other text may be meant so. */
function asItStands(
  path: Path,
  { name, as, whole }: Braceless,
): Omit<Expanded['faults'][number], 'node'> {
  const isSecret = isSecretKey(path.findLast((part) => typeof part === 'string') ?? '');
  if (!isSecret) {
    const message = `"${as}" is used literally: a variable is written \${${name}}`;
    return { path, message, severity: 'warning' };
  }
  const and = whole ? ', and is not a secret' : '';
  const message = `is used literally${and}: a variable is written \${NAME}`;
  return { path, message, severity: whole ? 'error' : 'warning' };
}

/** YAML's own words for numbers and truth values. */
const TYPED =
  /^(?:true|false|[-+]?(?:\.inf|0x[0-9a-f]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?))$/i;

/** A plain scalar that is one placeholder takes the YAML type of its value: `${PORT}` a number. */
function valueOf(text: string, { type, tag }: Scalar, whole: boolean): unknown {
  if (!whole || type !== Scalar.PLAIN || tag !== undefined || !TYPED.test(text.trim())) return text;
  return parseDocument(text).toJS() as unknown;
}
