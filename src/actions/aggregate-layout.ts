/**
 * Where the parts of an aggregate stand in its answer, if not just under their names: `as: customer.address`, `spread`.
 *
 * If a field of a spread part is found elsewhere in the answer too, the required part keeps it, or else the one that
 * has a place of its own, or else the first. The other one is left out, and a log entry says so once.
 */
import { isContainer, parseValuePath } from '../core/value-path.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { errorPlace } from './aggregate-detail.ts';
import type { PartConfig } from './aggregate-schema.ts';

/** The names of the objects around a part's value, and its own. */
export const placeOf = ({ name, as }: Pick<PartConfig, 'name' | 'as'>): readonly string[] =>
  as === undefined ? [name] : parseValuePath(as);

type Slot =
  | { readonly kind: 'value'; readonly name: string; readonly at: number }
  | { readonly kind: 'error'; readonly name: string; readonly at: number }
  | { readonly kind: 'spread'; readonly name: string; readonly at: number }
  | { readonly kind: 'group'; readonly name: string; readonly slots: Slot[] };

/** What is written of a part: its bytes, or the object whose fields are spread. Absent: nothing. */
export interface Written {
  readonly value: (at: number) => Buffer | undefined;
  readonly fields: (at: number) => unknown;
  /** Why the part is missing. */
  readonly error: (at: number) => Buffer | undefined;
}

export class Layout {
  readonly #parts: readonly PartConfig[];
  readonly #slots: Slot[] = [];
  /** Spread parts, those that are required first. */
  readonly #spread: readonly number[];
  /** Names at the top that have a place of their own, and whether a required part has it. */
  readonly #owners = new Map<string, boolean>();
  /** What has been logged. */
  readonly #told = new Set<string>();

  constructor(parts: readonly PartConfig[]) {
    this.#parts = parts;
    for (const [at, part] of parts.entries()) {
      const place = part.spread ? [part.name] : placeOf(part);
      if (part.spread) this.#slots.push({ kind: 'spread', name: part.name, at });
      else this.#place(place, 'value', at);
      if (part.onError !== 'hide') this.#place(errorPlace(place), 'error', at);
    }
    const spread = parts.flatMap((part, at) => (part.spread ? [at] : []));
    this.#spread = spread.toSorted(
      (a, b) => Number(parts[b]!.required) - Number(parts[a]!.required),
    );
  }

  #place(path: readonly string[], kind: 'value' | 'error', at: number): void {
    const [top] = path;
    this.#owners.set(top!, this.#parts[at]!.required || this.#owners.get(top!) === true);
    let slots = this.#slots;
    for (const name of path.slice(0, -1)) {
      slots = groupIn(slots, name);
    }
    slots.push({ kind, name: path.at(-1)!, at });
  }

  /** The bytes of the answer. */
  write(written: Written, client: ClientExchange): Buffer {
    const pieces: Buffer[] = [];
    const winners = this.#winners(written, client);
    this.#writeAll(this.#slots, written, winners, pieces);
    return Buffer.concat([OPEN, ...pieces, CLOSE]);
  }

  #writeAll(
    slots: readonly Slot[],
    written: Written,
    winners: ReadonlyMap<string, number> | undefined,
    pieces: Buffer[],
  ): void {
    const add = (name: string, bytes: readonly Buffer[]): void => {
      if (pieces.length > 0) pieces.push(COMMA);
      pieces.push(Buffer.from(`${JSON.stringify(name)}:`), ...bytes);
    };
    for (const slot of slots) {
      if (slot.kind === 'spread') {
        const fields = written.fields(slot.at);
        for (const name of isContainer(fields) ? Object.keys(fields) : []) {
          if (winners?.get(name) !== slot.at) continue;
          add(name, [Buffer.from(JSON.stringify((fields as Fields)[name]))]);
        }
      } else if (winners?.has(slot.name) === true) {
        // Another part has the place.
      } else if (slot.kind === 'group') {
        const inner: Buffer[] = [];
        this.#writeAll(slot.slots, written, undefined, inner);
        if (inner.length > 0) add(slot.name, [OPEN, ...inner, CLOSE]);
      } else {
        const bytes = written[slot.kind](slot.at);
        if (bytes !== undefined) add(slot.name, [bytes]);
      }
    }
  }

  /** Which spread part has each field that is spread; fields that are absent belong to others. */
  #winners({ fields }: Written, client: ClientExchange): ReadonlyMap<string, number> {
    const winners = new Map<string, number>();
    for (const at of this.#spread) {
      const { required } = this.#parts[at]!;
      const value = fields(at);
      if (!isContainer(value)) continue;
      for (const name of Object.keys(value)) {
        const owner = this.#owners.get(name);
        const isOwned = owner !== undefined && (owner || !required);
        if (owner !== undefined || winners.has(name)) this.#tell(at, name, client);
        if (!isOwned && !winners.has(name)) winners.set(name, at);
      }
    }
    return winners;
  }

  #tell(at: number, field: string, client: ClientExchange): void {
    const { name: part } = this.#parts[at]!;
    const key = JSON.stringify([part, field]);
    if (this.#told.size >= MOST_TOLD || this.#told.has(key)) return;
    this.#told.add(key);
    client.reply?.log.warn({ part, field }, 'a spread field is in the answer of another part too');
  }
}

/** The slots of the object `name`, which is made if it is not there. */
function groupIn(slots: Slot[], name: string): Slot[] {
  for (const slot of slots) if (slot.kind === 'group' && slot.name === name) return slot.slots;
  const made: Slot[] = [];
  slots.push({ kind: 'group', name, slots: made });
  return made;
}

type Fields = Readonly<Record<string, unknown>>;

/** Upstreams choose the names, so there is a limit on what is kept of them. */
const MOST_TOLD = 100;

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from('}');

/** `undefined` if each part stands under one name at the top, and nothing else does. */
export const layoutOf = (parts: readonly PartConfig[]): Layout | undefined =>
  parts.some((part) => part.spread || part.onError !== 'hide' || placeOf(part).length > 1)
    ? new Layout(parts)
    : undefined;
