/**
 * A system file, such as the hosts file. It is read on first use, and again once it has changed.
 *
 * It is synchronous on purpose: the file is small and local, and is checked only when a name is looked
 * up. Asynchronous reads wait for one of libuv's four threads, which a slow disk may block.
 */
import { readFileSync, statSync } from 'node:fs';
import { isForWantOfDescriptors } from '../../core/descriptors.ts';

export class SystemFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #seen: string | undefined;
  #parsed: T | undefined;

  /** `parse` gets an empty string if the file cannot be read. */
  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
  }

  /** Returns the same object until the file changes. */
  get(): T {
    const now = this.#stamp();
    if (this.#parsed !== undefined && now === this.#seen) return this.#parsed;
    const text = this.#read();
    // The file exists, but there is no descriptor to read it; try again next time.
    if (text === undefined) return this.#parsed ?? this.#parse('');
    this.#seen = now;
    this.#parsed = this.#parse(text);
    return this.#parsed;
  }

  #stamp(): string {
    try {
      const { mtimeNs, ctimeNs, size, ino } = statSync(this.#path, { bigint: true });
      return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
    } catch {
      return 'none';
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      return isForWantOfDescriptors(error) ? undefined : '';
    }
  }
}
