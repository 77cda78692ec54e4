/** The operations of a file: `{ "<id or hash>": "<text>" }`, read while the config is loaded. */
import { createHash } from 'node:crypto';
import { type GraphqlOperation, parseStrictJson, readDocument } from 'portico';

/** A document of the file. */
export interface KnownDocument {
  readonly text: string;
  readonly operations: readonly GraphqlOperation[];
}

export class KnownOperations {
  readonly #byId = new Map<string, KnownDocument>();

  /** @throws {RangeError} with every fault of the file, a line each */
  constructor(fileText: string) {
    const faults: string[] = [];
    for (const [id, text] of entriesOf(fileText)) {
      const document = documentOf(id, text, faults);
      if (document === undefined) continue;
      this.#byId.set(id, document);
      // Clients may name one by its hash (APQ), whatever its id in the file.
      this.#byId.set(sha256(document.text), document);
    }
    if (faults.length > 0) throw new RangeError(faults.join('\n'));
  }

  /** By its id, its hash, or `sha256:` and its hash. */
  byId(id: string): KnownDocument | undefined {
    return this.#byId.get(id) ?? this.#byId.get(id.replace(/^sha256:/, ''));
  }

  /** By exactly its text. */
  byText(text: string): KnownDocument | undefined {
    return this.#byId.get(sha256(text));
  }

  get documents(): ReadonlySet<KnownDocument> {
    return new Set(this.#byId.values());
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** More are not told at once. */
const MOST_FAULTS = 10;

/** @throws {RangeError} for a file that is no object of texts */
function entriesOf(fileText: string): [string, unknown][] {
  let value: unknown;
  try {
    const rules = { maxDepth: 8, refuseDangerousKeys: true };
    value = parseStrictJson(Buffer.from(fileText), rules);
  } catch (error) {
    throw new RangeError(`the file cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError('the file must hold a JSON object: { "<id or hash>": "<text>" }');
  }
  const entries = Object.entries(value);
  if (entries.length === 0) throw new RangeError('the file has no operations');
  return entries;
}

function documentOf(id: string, text: unknown, faults: string[]): KnownDocument | undefined {
  if (faults.length >= MOST_FAULTS) return undefined;
  const name = JSON.stringify(id.slice(0, 80));
  if (typeof text !== 'string') {
    faults.push(`${name} must be the text of an operation`);
    return undefined;
  }
  const { operations, faults: found } = readDocument(text);
  if (found === undefined) return { text, operations };
  const [{ message, line, column } = { message: 'cannot be read' }] = found;
  const at = line === undefined ? '' : ` (${line}:${column} of its text)`;
  faults.push(`${name}: ${message}${at}`);
  return undefined;
}
