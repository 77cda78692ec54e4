/**
 * Seals the members of JSON that a saga calls secret, before they are stored: AES-256-GCM, under keys of the config.
 *
 * A seal holds for one place of one operation, and names its key: so keys may change, as long as the old ones are there
 * for what they have sealed. Nothing but the call of a step ever sees what is in it.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { SealKey } from '../config/build/store-config.ts';
import { keepSource } from '../core/json-number.ts';
import { parseNumbers } from '../core/json.ts';
import { follow, isContainer, parseValuePath } from '../core/value-path.ts';

/** The only member of what stands where a secret was. */
const SEALED = '$sealed';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A seal that cannot be opened: its key is gone, or it is of another place. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** Where secrets are, in the JSON of `root`: `input`, or the name of a step. */
export interface SealPlace {
  readonly operation: string;
  readonly root: string;
  /** Paths such as `input.card`; absent: none. */
  readonly secret: readonly string[] | undefined;
}

type Holder = Record<string, unknown>;

export class Seals {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: string | undefined;

  /** @param keys the first one seals, all of them open */
  constructor(keys: readonly SealKey[]) {
    this.#keys = new Map(keys.map(({ id, key }) => [id, Buffer.from(key, 'base64')]));
    this.#current = keys[0]?.id;
  }

  /** `json` with its secrets sealed; what is not there needs none. */
  seal(json: string, place: SealPlace): string {
    const paths = pathsIn(place);
    if (paths.length === 0) return json;
    const value = parseNumbers(json, keepSource);
    for (const path of paths) {
      const [holder, name] = holderOf(value, path) ?? [];
      if (holder === undefined || name === undefined) continue;
      const text = this.#sealed(JSON.stringify(holder[name]), boundTo(place, path));
      holder[name] = { [SEALED]: text };
    }
    return JSON.stringify(value);
  }

  /**
   * Opens the secrets in `value`, which is changed.
   *
   * @throws {SealError} for what cannot be opened
   */
  open(value: unknown, place: SealPlace): unknown {
    for (const path of pathsIn(place)) {
      const [holder, name] = holderOf(value, path) ?? [];
      if (holder === undefined || name === undefined) continue;
      const text = sealIn(holder[name]);
      if (text === undefined)
        throw new SealError(`${place.root} holds a secret that is not sealed`);
      holder[name] = parseNumbers(this.#opened(text, boundTo(place, path)), keepSource);
    }
    return value;
  }

  /**
   * Of a request with secrets: a plain digest of it would let anybody who reads the store try out what it was made of.
   * One for each key, as the request may have come before that key was replaced.
   */
  fingerprints(digest: string): readonly string[] {
    return [...this.#keys.values()].map((key) =>
      createHmac('sha256', key).update('fingerprint\n').update(digest).digest('hex'),
    );
  }

  #sealed(text: string, bound: string): string {
    const id = this.#current;
    if (id === undefined) throw new SealError('there is no key to seal with');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(id)!, iv);
    cipher.setAAD(Buffer.from(bound));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${id}:${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  #opened(text: string, bound: string): string {
    const [id = '', sealed = ''] = text.split(':');
    const key = this.#keys.get(id);
    if (key === undefined) throw new SealError(`store.keys has no key "${id}"`);
    const bytes = Buffer.from(sealed, 'base64url');
    const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)];
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(bound)).setAuthTag(tag);
      const body = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([body, decipher.final()]).toString('utf8');
    } catch (error) {
      throw new SealError(`the key "${id}" does not open it`, { cause: error });
    }
  }
}

/** `value` with a word in the place of each seal, for whoever may look at it. */
export function withoutSeals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSeals);
  if (typeof value !== 'object' || value === null) return value;
  if (sealIn(value) !== undefined) return '(sealed)';
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutSeals(member)]),
  );
}

/** Below `root`. */
const pathsIn = ({ secret = [], root }: SealPlace): readonly (readonly string[])[] =>
  secret.flatMap((text) => {
    const [first, ...rest] = parseValuePath(text);
    return first === root ? [rest] : [];
  });

/** What a seal holds for: moved to another place, it opens nothing. */
const boundTo = ({ operation, root }: SealPlace, path: readonly string[]): string =>
  JSON.stringify([operation, root, ...path]);

/** What has the member at `path`, and its name; `undefined` if it is not there. */
function holderOf(value: unknown, path: readonly string[]): readonly [Holder, string] | undefined {
  const holder = follow(value, path.slice(0, -1));
  const name = path.at(-1);
  if (name === undefined || !isContainer(holder)) return undefined;
  // It is ours: it has just been parsed.
  return follow(holder, [name]) === undefined ? undefined : [holder, name];
}

function sealIn(value: unknown): string | undefined {
  if (!isContainer(value) || Object.keys(value).length !== 1) return undefined;
  const text = value[SEALED];
  return typeof text === 'string' ? text : undefined;
}
