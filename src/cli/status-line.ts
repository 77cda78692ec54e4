/** The last line of a terminal, which says what goes on until something else is written. */

const DEFAULT_COLUMNS = 80;
const ERASE = '\r\u001b[2K';

export interface TerminalStream {
  readonly columns: number;
  write(text: string): unknown;
}

export class StatusLine {
  readonly #stream: TerminalStream;
  #isShown = false;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** In place of what it showed before; an empty text erases it. A line that wraps could not be erased. */
  show(text: string): void {
    this.erase();
    if (text === '') return;
    // A terminal that does not know its size says 0.
    const columns = this.#stream.columns || DEFAULT_COLUMNS;
    this.#stream.write(text.slice(0, columns - 1));
    this.#isShown = true;
  }

  /** To be called before anything else is written. */
  erase(): void {
    if (this.#isShown) this.#stream.write(ERASE);
    this.#isShown = false;
  }
}
