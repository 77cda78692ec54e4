/**
 * Says in words what has changed between two configs: `upstream orders: timeout 2s → 1s (gateway.config.yaml:40)`.
 *
 * Nothing is kept for it but the texts, which are parsed again. Values from outside (`${…}`) and values that are secrets by
 * their key are never shown, nor is what lies below such a key.
 */
import { inSlices } from '../../core/slices.ts';
import { isSecretPart, holdsSecret } from '../build/secret-values.ts';
import { formatPath, type Path, visible } from '../fault.ts';
import { hasPlaceholder } from '../yaml/environment.ts';
import { readWritten, type Snapshot, type WrittenConfig } from '../yaml/source.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { type Change, compare, isReordered } from './compare.ts';
import { flow } from './flow.ts';

/** So many are told; the others are counted. */
const MOST = 20;
/** In characters. */
const LONGEST_PATH = 120;

const NOUNS: ReadonlyMap<unknown, string> = new Map([
  ['routes', 'route'],
  ['upstreams', 'upstream'],
  ['plugins', 'plugin'],
]);

/** Of the config: they have no secrets in their names. */
export type PluginNames = Pick<ReadonlyMap<string, unknown>, 'has'>;

/** What of `after` is otherwise than in `before`, in at most 21 phrases; none if both mean the same. */
export async function changesInWords(
  before: Snapshot,
  after: Snapshot,
  plugins: PluginNames,
): Promise<readonly string[]> {
  const old = await readWritten(unlike(before.texts, after.texts));
  const now = await readWritten(unlike(after.texts, before.texts));
  return new Words(now, plugins).of(old.tree);
}

/** The changes in one line. */
export const inOneLine = (changes: readonly string[]): string =>
  changes.length === 0 ? 'the config means the same' : changes.join('; ');

/** The files of `texts` that `others` has not, or otherwise: equal files say the same. */
const unlike = (
  texts: ReadonlyMap<string, string>,
  others: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> =>
  new Map([...texts].filter(([path, text]) => others.get(path) !== text));

class Words {
  readonly #now: WrittenConfig;
  readonly #plugins: PluginNames;
  readonly #told: string[] = [];
  #count = 0;

  constructor(now: WrittenConfig, plugins: PluginNames) {
    this.#now = now;
    this.#plugins = plugins;
  }

  async of(before: Tree): Promise<readonly string[]> {
    const { tree } = this.#now;
    const found = (change: Change): void => {
      if (!isOfEveryFile(change)) this.#add(() => this.#phrase(change));
    };
    await inSlices(compare(before, tree, { found, isClosed: (path) => this.#isSecret(path) }));
    const [old, now] = [before['routes'], tree['routes']];
    if (isMap(old) && isMap(now) && isReordered(old, now)) this.#add(() => 'routes: order');
    const more = this.#count - this.#told.length;
    return more === 0 ? this.#told : [...this.#told, `and ${more} more`];
  }

  #add(phrase: () => string): void {
    this.#count += 1;
    if (this.#told.length < MOST) this.#told.push(visible(phrase()));
  }

  #phrase(change: Change): string {
    const [section, name, ...keys] = change.path;
    const noun = NOUNS.get(section);
    if (noun === undefined || name === undefined) return this.#ofKey(change, change.path, '');
    const subject = `${noun} ${cut(String(name))}`;
    if (keys.length > 0) return this.#ofKey(change, keys, `${subject}: `);
    if (change.before === undefined) return `+ ${subject}`;
    return change.after === undefined ? `- ${subject}` : this.#ofKey(change, [], subject);
  }

  #ofKey(change: Change, keys: Path, subject: string): string {
    const text = `${subject}${keyInWords(change, keys, this.#isSecret(change.path))}`;
    return change.after === undefined ? text : `${text}${this.#placeOf(change.path)}`;
  }

  #placeOf(path: Path): string {
    const written = this.#now.writtenAt(path);
    return written === undefined ? '' : ` (${written.file}:${written.line})`;
  }

  #isSecret(path: Path): boolean {
    return isSecretPath(path, this.#plugins);
  }
}

/** Is a part of `path` the key of a secret? */
export const isSecretPath = (path: Path, plugins: PluginNames): boolean =>
  path.some((_part, i) => isSecretPart(path, i, plugins));

/** A change of the key at `keys`, such as `timeout 2s → 1s`; `isSecret`: no value may be shown. */
export function keyInWords({ before, after }: Change, keys: Path, isSecret: boolean): string {
  const key = cut(formatPath(keys));
  if (after === undefined) return `- ${key}`;
  const isHidden = isSecret || [before, after].some(isNeverShown);
  const now = isHidden ? '' : ` ${flow(after)}`;
  if (before === undefined) return `+ ${key}${now}`;
  const old = isHidden ? '' : ` ${flow(before)}`;
  // Cut, or hidden, they may look the same.
  return `${key}${old === now ? ' changed' : `${old} →${now}`}`;
}

/** Every file may say its version; it has gone from one of them, or come to it. */
const isOfEveryFile = ({ path, before, after }: Change): boolean =>
  path[0] === 'version' && (before === undefined || after === undefined);

const isNeverShown = (value: unknown): boolean => holdsSecret(value) || isOutside(value);

const cut = (text: string): string =>
  text.length > LONGEST_PATH ? `${text.slice(0, LONGEST_PATH)}…` : text;

/** Is a part of it replaced by what the environment or a file says? */
function isOutside(value: unknown): boolean {
  if (typeof value === 'string') return hasPlaceholder(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(isOutside);
}
