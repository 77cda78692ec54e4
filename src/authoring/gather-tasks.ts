/** What one `request.gather` has to do, and the shape in which it returns the values. */
import { inspect } from 'node:util';
import { DescribedPart, mustBePart, type Part } from './parts.ts';
import { type Gatherable, type Gatherables, OptionalStep, type Work } from './steps.ts';

/** One part or step; `put` is told its value. */
export type Task = { readonly name: string; readonly put: (value: unknown) => void } & (
  | { readonly part: DescribedPart<unknown> }
  | { readonly work: Work<unknown>; readonly fallback?: { readonly value: unknown } }
);

export interface GatherTasks {
  /** Steps come last: the parts that they await then have the names that they were given here. */
  readonly tasks: readonly Task[];
  /** The values put so far, in the shape of what was gathered. */
  readonly result: () => unknown;
}

/** @throws {TypeError} for anything that cannot be gathered */
export function gatherTasks(gathered: Gatherables): GatherTasks {
  if (Array.isArray(gathered)) {
    const values: unknown[] = [];
    const tasks = gathered.map((part: Part<unknown>, i) => {
      mustBePart(`the part ${i}`, part);
      return ofPart(part.upstream, part, (value) => (values[i] = value));
    });
    return { tasks, result: () => values };
  }
  const values = new Map<string, unknown>();
  const parts: Task[] = [];
  const steps: Task[] = [];
  for (const [name, each] of Object.entries(gathered)) {
    values.set(name, undefined);
    const put = (value: unknown): void => void values.set(name, value);
    if (typeof each === 'function') steps.push({ name, put, work: each });
    else if (each instanceof OptionalStep) {
      const { work, value } = each;
      steps.push({ name, put, work, fallback: { value } });
    } else if (isList(each)) {
      const list: unknown[] = [];
      put(list);
      parts.push(...each.map((part, i) => ofPart(name, part, (value) => (list[i] = value))));
    } else parts.push(ofPart(name, each, put));
  }
  return { tasks: [...parts, ...steps], result: () => Object.fromEntries(values) };
}

const isList = (value: Gatherable): value is readonly Part<unknown>[] => Array.isArray(value);

function ofPart(name: string, part: Part<unknown>, put: Task['put']): Task {
  mustBePart(name, part);
  return { name, put, part };
}

/** @throws {TypeError} for what is neither a record nor a list */
export function mustBeGatherable(value: unknown): asserts value is Gatherables {
  const isPart = value instanceof DescribedPart;
  if (typeof value === 'object' && value !== null && !isPart) return;
  const hint = isPart
    ? 'await it, or give it a name: gather({ name: part })'
    : 'give it { name: part }';
  throw new TypeError(
    `gather takes parts by name, or a list of them, not ${inspect(isPart ? value.template : value, { depth: 0 })}: ${hint}`,
  );
}
