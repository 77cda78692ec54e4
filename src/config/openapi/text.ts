/** The text of an OpenAPI document, YAML or JSON, and the place of each value in it. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { Path } from '../fault.ts';

/** Something wrong with a document; its message begins with the place. */
export class OpenapiFault extends RangeError {
  override readonly name = 'OpenapiFault';
}

export interface DocumentText {
  /** Plain values. */
  readonly value: unknown;
  /** A fault at the value of `path`, or the nearest one above it. */
  readonly fault: (path: Path, message: string) => OpenapiFault;
}

/** More would be a text that expands itself. */
const MAX_ALIASES = 1_000;

/**
 * Reads `text`, which messages call `name`.
 *
 * @throws {OpenapiFault} where it is neither YAML nor JSON
 */
export function readDocument(text: string, name: string): DocumentText {
  const quick = quickly(text);
  if (quick !== undefined) {
    let lazily: Located | undefined;
    return {
      value: quick.value,
      fault: (path, message) => (lazily ??= located(text, name)).fault(path, message),
    };
  }
  const { document, fault } = located(text, name);
  const [error] = document.errors;
  if (error !== undefined) throw fault(error.pos[0], error.message.split(/ at line |:?\n/)[0]!);
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, fault };
  } catch (thrown) {
    // It counts aliases, and calls itself for each level.
    throw fault([], `cannot be read: ${(thrown as Error).message}`);
  }
}

/** Five times as fast as YAML, of which JSON is a part; nobody asks for a place unless something is wrong. */
function quickly(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

interface Located {
  readonly document: Document;
  readonly fault: (at: Path | number, message: string) => OpenapiFault;
}

function located(text: string, name: string): Located {
  const lineCounter = new LineCounter();
  const document = parsed(text, name, lineCounter);
  return {
    document,
    fault: (at, message) => {
      const offset = typeof at === 'number' ? at : offsetOf(document, at);
      const { line, col } = lineCounter.linePos(offset);
      return new OpenapiFault(`${name}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${message}`);
    },
  };
}

function parsed(text: string, name: string, lineCounter: LineCounter): Document {
  try {
    return parseDocument(text, { lineCounter, merge: true, prettyErrors: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OpenapiFault(`${name}:1:1: is nested too deeply`, { cause: error });
  }
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return 0;
}
