/**
 * Files that the config names, such as certificates. Each is read once, when the config loads, relative to the
 * config file that names it.
 *
 * A value may also be the text itself, as `${file:…}` and `${NAME}` provide it. The content of a file never
 * appears in a message; nor does a value that does not look like a file name.
 */
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Path } from '../fault.ts';
import type { ApiDocument } from '../openapi/model.ts';
import { MAX_DOCUMENT_BYTES, readOpenapi } from '../openapi/read.ts';

/** A bundle of every public authority is a quarter of this. */
const MAX_FILE_BYTES = 1_048_576;
/** What an app's build writes for all of its operations is a tenth of this. */
const MAX_TEXT_BYTES = 4 * 1_048_576;
/** A longer value is not a file name, but may be a key without its first line. */
const MAX_NAME = 200;

/** A PEM text, and where it came from. */
export interface PemSource {
  readonly text: string;
  /** Absolute; absent: the text itself stood in the config. */
  readonly file?: string;
}

export class NamedFiles {
  readonly #folderOf: (path: Path) => string;
  readonly #texts = new Map<string, string>();
  readonly #contents = new Map<string, Buffer>();
  readonly #documents = new Map<string, ApiDocument>();

  /** `folderOf` says in which folder the file lies that holds the key at a path. */
  constructor(folderOf: (path: Path) => string) {
    this.#folderOf = folderOf;
  }

  /** The folder in which the file lies that holds the key at `path`. */
  folderOf(path: Path): string {
    return this.#folderOf(path);
  }

  /** Absolute paths of all that was read, for watching. */
  get paths(): readonly string[] {
    return [
      ...new Set([...this.#texts.keys(), ...this.#contents.keys(), ...this.#documents.keys()]),
    ];
  }

  /**
   * The PEM text of the key at `path`: `written` itself, or what the file of that name
   * holds.
   *
   * @throws {RangeError} when there is no such file, or it cannot be read
   */
  pemAt(path: Path, written: string): string {
    return this.sourceAt(path, written).text;
  }

  /**
   * What the file holds that the key at `path` names.
   *
   * @throws {RangeError} when there is no such file, or it cannot be read
   */
  bytesAt(path: Path, name: string): Buffer {
    const file = resolve(this.#folderOf(path), name);
    const bytes = this.#contents.get(file) ?? readBytes(file, name);
    this.#contents.set(file, bytes);
    return bytes;
  }

  /**
   * The OpenAPI document that the key at `path` names.
   *
   * @throws {RangeError} when there is no such file, it cannot be read, or it is no such document
   */
  openapiAt(path: Path, name: string): ApiDocument {
    const file = resolve(this.#folderOf(path), name);
    const known = this.#documents.get(file);
    if (known !== undefined) return known;
    const local = relative(process.cwd(), file);
    const text = readBytes(file, name, MAX_DOCUMENT_BYTES).toString('utf8');
    const document = readOpenapi({ file, name: local.startsWith('..') ? file : local, text });
    this.#documents.set(file, document);
    return document;
  }

  /**
   * The text of the file that the key at `path` names, of at most 4 MiB.
   *
   * @throws {RangeError} when there is no such file, it cannot be read, or it is no text
   */
  textAt(path: Path, name: string): string {
    if (name.length > MAX_NAME || /\p{Cc}/u.test(name)) {
      throw new RangeError('is not the name of a file');
    }
    const file = resolve(this.#folderOf(path), name);
    const bytes = this.#contents.get(file) ?? readBytes(file, name, MAX_TEXT_BYTES);
    this.#contents.set(file, bytes);
    if (!isUtf8(bytes)) throw new RangeError(`the file "${name}" is not UTF-8`);
    return bytes.toString('utf8').replace(/^\ufeff/, '');
  }

  /**
   * The absolute path of the folder that the key at `path` names.
   *
   * @throws {RangeError} when there is none, or when the config is in it: whoever gets its files would get that
   */
  folderAt(path: Path, name: string): string {
    const own = this.#folderOf(path);
    const folder = resolve(own, name);
    const real = realFolder(folder, name);
    // An earlier config may be loaded after its folder has gone.
    const realOwn = existsSync(own) ? realpathSync(own) : own;
    if (`${realOwn}${sep}`.startsWith(real === sep ? sep : real + sep)) {
      throw new RangeError(`"${name}" holds the config itself: name a folder of its own`);
    }
    return folder;
  }

  /** The same, with the file it was read from. */
  sourceAt(path: Path, written: string): PemSource {
    return written.includes('-----BEGIN ') ? { text: written } : this.#read(path, written);
  }

  #read(path: Path, name: string): PemSource {
    if (name.length > MAX_NAME || /[\n\0]/.test(name)) {
      throw new RangeError('is neither the name of a file nor PEM text');
    }
    const file = resolve(this.#folderOf(path), name);
    const text = this.#texts.get(file) ?? readText(file, name);
    this.#texts.set(file, text);
    return { text, file };
  }
}

/**
 * The text of `file`, which messages call `name`.
 *
 * @throws {RangeError} when it is not there, cannot be read or is too long
 */
export const readText = (file: string, name: string): string =>
  readBytes(file, name).toString('utf8');

function readBytes(file: string, name: string, maxBytes = MAX_FILE_BYTES): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no file' : `(${code}) cannot read the file`;
    throw new RangeError(`${why} "${name}"`, { cause: error });
  }
  if (bytes.length > maxBytes) {
    throw new RangeError(`the file "${name}" is larger than ${maxBytes / MAX_FILE_BYTES} MiB`);
  }
  return bytes;
}

/** Without links. */
function realFolder(folder: string, name: string): string {
  try {
    if (statSync(folder).isDirectory()) return realpathSync(folder);
  } catch (error) {
    throw new RangeError(`there is no folder "${name}"`, { cause: error });
  }
  throw new RangeError(`"${name}" is no folder`);
}
