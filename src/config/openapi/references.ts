/** References inside a document: `#/components/schemas/Product`. */
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import type { DocumentText } from './text.ts';

/** A value, and where it is written. */
export interface Placed<T = unknown> {
  readonly value: T;
  readonly path: Path;
}

/** A longer chain of references to references leads in a circle. */
const MAX_CHAIN = 20;

export class References {
  readonly #text: DocumentText;

  constructor(text: DocumentText) {
    this.#text = text;
  }

  /**
   * The map at `placed`, or the one that it refers to.
   *
   * @throws {OpenapiFault} where there is none
   */
  mapAt({ value, path }: Placed, what: string): Placed<Tree> {
    let at: Placed = { value, path };
    for (let i = 0; i < MAX_CHAIN; i++) {
      if (!isMap(at.value)) throw this.fault(at.path, `expected ${what}, a map`);
      const { $ref } = at.value;
      if ($ref === undefined) return { value: at.value, path: at.path };
      at = this.target($ref, [...at.path, '$ref']);
    }
    throw this.fault(path, 'refers to itself');
  }

  /**
   * What `reference`, which stands at `from`, points at (RFC 6901 §6).
   *
   * @throws {OpenapiFault} for one that leads out of the document, or nowhere
   */
  target(reference: unknown, from: Path): Placed {
    if (typeof reference !== 'string') throw this.fault(from, 'expected a reference, a text');
    if (!reference.startsWith('#/')) {
      throw this.fault(
        from,
        `"${reference}" leads out of the document: bundle it into one file, with references such as #/components/schemas/Name`,
      );
    }
    const path: (string | number)[] = [];
    let value = this.#text.value;
    for (const step of reference.slice(2).split('/').map(unescaped)) {
      const isThere = isMap(value)
        ? Object.hasOwn(value, step)
        : Array.isArray(value) && Object.hasOwn(value, step);
      if (!isThere) throw this.fault(from, `there is no "${reference}" in the document`);
      path.push(Array.isArray(value) ? Number(step) : step);
      value = (value as Tree)[step];
    }
    return { value, path };
  }

  fault(path: Path, message: string): Error {
    return this.#text.fault(path, message);
  }
}

/** A step of a pointer in a fragment. */
function unescaped(step: string): string {
  let decoded = step;
  try {
    decoded = decodeURIComponent(step);
  } catch {
    // It names nothing, which is said where it is looked up.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~');
}
