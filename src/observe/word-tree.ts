/**
 * Values by lists of words, such as those of labels: found without building a key, since V8 keeps the hash of
 * each word.
 */
export class WordTree<T> {
  readonly words: readonly string[];
  value: T | undefined;
  readonly #children = new Map<string, WordTree<T>>();

  constructor(words: readonly string[] = []) {
    this.words = words;
  }

  /** Grows what is missing. */
  at(words: readonly string[], from = 0): WordTree<T> {
    const word = words[from];
    if (word === undefined) return this;
    return (this.#children.get(word) ?? this.#grow(word)).at(words, from + 1);
  }

  /** `undefined` where nothing is; grows nothing. */
  find(words: readonly string[], from = 0): T | undefined {
    const word = words[from];
    if (word === undefined) return this.value;
    return this.#children.get(word)?.find(words, from + 1);
  }

  /** Drops everything below `words`. */
  prune(words: readonly string[]): void {
    const last = words.at(-1);
    if (last !== undefined) this.at(words.slice(0, -1)).#children.delete(last);
  }

  /** Drops everything that has one of `gone` as the word at `place`. */
  pruneAt(place: number, gone: ReadonlySet<string>): void {
    if (place > 0) {
      for (const child of this.#children.values()) child.pruneAt(place - 1, gone);
      return;
    }
    for (const word of gone) this.#children.delete(word);
  }

  /** How many values it holds. */
  get size(): number {
    let size = this.value === undefined ? 0 : 1;
    for (const child of this.#children.values()) size += child.size;
    return size;
  }

  /**
   * This tree and every one below it that holds a value. It may change meanwhile: what is dropped or added may
   * or may not be among them, and no list of words is there twice.
   */
  *filled(): Generator<{ readonly words: readonly string[]; readonly value: T }> {
    if (this.value !== undefined) yield { words: this.words, value: this.value };
    // A copy: in the map itself, a word that is dropped and added again comes again.
    const children = [...this.#children.values()];
    for (const child of children) yield* child.filled();
  }

  #grow(word: string): WordTree<T> {
    const child = new WordTree<T>([...this.words, word]);
    this.#children.set(word, child);
    return child;
  }
}
