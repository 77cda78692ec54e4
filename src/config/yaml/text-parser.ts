/**
 * Parses the texts of a config. A long one is parsed in a thread, so that other work does not wait
 * for it, and its memory is freed with the thread.
 */
import { Worker } from 'node:worker_threads';
import type { Values } from './environment.ts';
import { type ParsedText, parseText, type Text } from './parse-text.ts';
import type { TextTask } from './text-thread.ts';

/** In characters; it takes some 30 ms. */
const LONG = 32_768;

/** `.ts` when the sources run as they are, `.js` in `dist`. */
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const THREAD = new URL(`text-thread.${suffix}`, import.meta.url);
/** What it makes, it keeps until it is done: less of that is copied about. */
const MEMORY = { maxYoungGenerationSizeMb: 64 };

export class TextParser {
  readonly #environment: Values;
  #thread: Worker | undefined;
  readonly #isLong: (text: string) => boolean;

  constructor(environment: Values, long = LONG) {
    this.#environment = environment;
    this.#isLong = ({ length }) => length > long;
  }

  async parse(text: Text): Promise<ParsedText> {
    if (!this.#isLong(text.text)) return parseText(text, this.#environment);
    try {
      return await this.#inThread(text);
    } catch {
      // Where no thread may be had (`node --permission`), or it has no memory left, this one says the same.
      await this.end();
      return parseText(text, this.#environment);
    }
  }

  #inThread(text: Text): Promise<ParsedText> {
    const thread = (this.#thread ??= new Worker(THREAD, { resourceLimits: MEMORY }));
    const environment = this.#environment;
    const sent = environment === 'as written' ? environment : { ...environment };
    const task: TextTask = { text, environment: sent };
    thread.postMessage(task, []);
    const { promise, resolve, reject } = Promise.withResolvers<ParsedText>();
    thread.once('message', resolve).once('error', reject).once('exit', reject);
    return promise.finally(() =>
      thread.off('message', resolve).off('error', reject).off('exit', reject),
    );
  }

  /** Ends the thread, where there is one. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}
