/**
 * What a BFF says of upstreams that take many ids in one call: `/products/{id}` forty times becomes
 * `/products?ids=1,2,3` once.
 */
import { parseTemplate } from '../config/schema/template.ts';

/** How the calls of one path become one call of a list. */
export interface BatchOptions {
  /** Path of the list; it may have the same `{name}`s as the batched path, all but the one that varies. */
  readonly list: string;
  /** Query parameter with the ids, such as `ids`. */
  readonly parameter: string;
  /** Member of each element that holds its id. Default: the name that varies, such as `id`. */
  readonly key?: string;
  /** Member of the answer that holds the list, such as `items`. Default: the answer is the list. */
  readonly items?: string;
  /** Most ids in a call; what is more makes several calls. 2 to 1000; default 50. */
  readonly max?: number;
  /** `comma` writes `ids=1,2`, `repeat` writes `ids=1&ids=2`. Default `comma`. */
  readonly style?: 'comma' | 'repeat';
  /** Longest answer of a list in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
}

/** By the path that is batched, such as `/products/{id}`. */
export type Batches = Readonly<Record<string, BatchOptions>>;

/** The same, checked and complete. */
export interface BatchPlan extends Required<BatchOptions> {
  readonly upstream: string;
  /** The batched path. */
  readonly template: string;
  /** The `{name}` of the batched path that varies. */
  readonly varies: string;
}

const NAMES = ['list', 'parameter', 'key', 'items', 'max', 'style', 'maxBodyBytes'];

/** The plans of a BFF, each found by {@link planKey}. @throws {TypeError} for a batch that cannot work */
export function batchPlans(
  batches: Readonly<Record<string, Batches | undefined>>,
  upstreams: readonly string[],
): ReadonlyMap<string, BatchPlan> {
  const plans = new Map<string, BatchPlan>();
  for (const [upstream, paths] of Object.entries(batches)) {
    if (!upstreams.includes(upstream)) {
      throw new TypeError(`batch.${upstream}: the BFF does not declare the upstream "${upstream}"`);
    }
    for (const [template, options] of Object.entries(paths ?? {})) {
      const where = `batch.${upstream}["${template}"]`;
      plans.set(planKey(upstream, template), {
        upstream,
        ...planOf(where, template, options),
      });
    }
  }
  return plans;
}

export const planKey = (upstream: string, template: string): string => `${upstream} ${template}`;

function planOf(
  where: string,
  template: string,
  options: BatchOptions,
): Omit<BatchPlan, 'upstream'> {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${where}.${unknown}: unknown; a batch has ${NAMES.join(', ')}`);
  }
  const { list, parameter, items = '', max = 50, style = 'comma' } = options;
  const { maxBodyBytes = 1_048_576 } = options;
  for (const [name, value] of Object.entries({ list, parameter })) {
    if (typeof value !== 'string' || value === '') throw new TypeError(`${where} needs ${name}`);
  }
  if (!Number.isInteger(max) || max < 2 || max > 1_000) {
    throw new TypeError(`${where}.max: ${max} is not a whole number from 2 to 1000`);
  }
  if (!['comma', 'repeat'].includes(style)) {
    throw new TypeError(`${where}.style: "${style}" is neither "comma" nor "repeat"`);
  }
  if (!Number.isInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new TypeError(`${where}.maxBodyBytes: ${maxBodyBytes} is not a number of bytes`);
  }
  const varies = varyingName(where, template, list);
  const { key = varies } = options;
  return { template, varies, list, parameter, key, items, max, style, maxBodyBytes };
}

/** The one name that the list does not have. */
function varyingName(where: string, template: string, list: string): string {
  const [single, many] = [template, list].map((text) => {
    if (!text.startsWith('/')) throw new TypeError(`${where}: "${text}" does not begin with /`);
    return parseTemplate(text).references.map((reference) => reference.text);
  }) as [string[], string[]];
  const foreign = many.find((name) => !single.includes(name));
  if (foreign !== undefined) {
    throw new TypeError(`${where}.list: {${foreign}} is not in "${template}"`);
  }
  const [varies, ...others] = single.filter((name) => !many.includes(name));
  if (varies === undefined || others.length > 0) {
    throw new TypeError(`${where}.list: must have every {name} of "${template}" but one, the id`);
  }
  return varies;
}
