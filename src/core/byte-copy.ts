/** A copy of bytes that pass by, up to a length: what is longer is not kept at all. */

export class ByteCopy {
  readonly #capBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  /** Are there more bytes than may be kept? Then none is. */
  get isOver(): boolean {
    return this.#length > this.#capBytes;
  }

  /** Copies `chunk`, which may be a piece of a large buffer; returns whether it is kept. */
  add(chunk: Uint8Array): boolean {
    if (this.isOver) return false;
    this.#length += chunk.length;
    if (this.isOver) this.#chunks = [];
    else this.#chunks.push(Buffer.from(chunk));
    return !this.isOver;
  }

  /** All of them so far; `undefined` if they are too many. */
  get bytes(): Buffer | undefined {
    if (this.isOver) return undefined;
    const [first, ...more] = this.#chunks;
    return first !== undefined && more.length === 0 ? first : Buffer.concat(this.#chunks);
  }
}
