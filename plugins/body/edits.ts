/** Edits a JSON value in place: removes, then renames, then sets, each in the order in which it is written. */
import {
  GatewayError,
  isContainer,
  isFieldTemplate,
  type MemberStep,
  parseMemberPath,
  textTemplate,
  type UpstreamRequest,
} from 'portico';
import type { Edits } from './options.ts';
import { type Holder, walk } from './walk.ts';

interface Path {
  readonly text: string;
  readonly steps: readonly MemberStep[];
}

/** What a path is set to; `undefined`: a value of the request is missing. */
type ValueOf = (request: UpstreamRequest) => unknown;

export interface CompiledEdits {
  readonly remove: readonly Path[];
  readonly rename: readonly (readonly [from: Path, to: string])[];
  readonly set: readonly (readonly [path: Path, written: unknown, value: ValueOf | undefined])[];
}

export const compileEdits = ({ remove, rename, set }: Edits): CompiledEdits => ({
  remove: remove.map(pathOf),
  rename: Object.entries(rename).map(([from, to]) => [pathOf(from), to]),
  set: Object.entries(set).map(([path, value]) => [pathOf(path), value, templateOf(value)]),
});

const pathOf = (text: string): Path => ({ text, steps: parseMemberPath(text) });

const templateOf = (value: unknown): ValueOf | undefined =>
  typeof value === 'string' && isFieldTemplate(value) ? textTemplate(value) : undefined;

/**
 * Edits what a client sends. `set` holds for every body that passes.
 *
 * @throws GW_REQUEST_INVALID for a body in which a path cannot be set
 */
export function editRequest(value: unknown, edits: CompiledEdits, request: UpstreamRequest): void {
  removeAndRename(value, edits);
  for (const [path, written, valueOf] of edits.set) {
    const to = valueOf === undefined ? written : valueOf(request);
    // What the client has sent must not stand where a value is missing.
    if (to === undefined) removeAt(value, path);
    else setAt(value, path, to, () => refuse(path));
  }
}

/** Edits what an upstream answers; a path that does not fit changes nothing. Templates are texts here. */
export function editResponse(value: unknown, edits: CompiledEdits): void {
  removeAndRename(value, edits);
  for (const [path, written] of edits.set) setAt(value, path, written, ignore);
}

function removeAndRename(value: unknown, { remove, rename }: CompiledEdits): void {
  for (const path of remove) removeAt(value, path);
  for (const [{ steps }, to] of rename) {
    const at = (holder: Holder, key: string | number): void => {
      if (!Object.hasOwn(holder, key) || key === to) return;
      holder[to] = holder[key];
      delete holder[key];
    };
    walk(value, steps, { at, makes: false, misfit: ignore });
  }
}

const removeAt = (value: unknown, { steps }: Path): void =>
  walk(value, steps, { at: removeMember, makes: false, misfit: ignore });

function removeMember(holder: Holder, key: string | number): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function setAt(value: unknown, { steps }: Path, to: unknown, misfit: () => void): void {
  // Each place gets its own: a later edit of one must not show in the others, nor in the config.
  const at = (holder: Holder, key: string | number): void => {
    holder[key] = isContainer(to) ? structuredClone(to) : to;
  };
  walk(value, steps, { at, makes: true, misfit });
}

const ignore = (): void => undefined;

function refuse({ text }: Path): never {
  const detail = `the body must have room for ${text}: something else is on the way there`;
  throw new GatewayError('GW_REQUEST_INVALID', detail);
}
