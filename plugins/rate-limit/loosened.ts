/** Which changes of limits let clients send more. */
import { isDeepStrictEqual } from 'node:util';
import type { Loosening, PluginLoosening, z } from 'portico';
import type { Limit, Options, Rate, Settings } from './options.ts';

export const loosened: PluginLoosening<z.output<typeof Settings>, z.output<typeof Options>> = {
  *ofSettings({ store: before }, { store: after }) {
    if (before === 'memory') return;
    if (after === 'memory') {
      const message = 'each process counts for itself, so that more of them admit more';
      yield { path: ['store'], message, severity: 'low' };
    } else if (before.onError === 'refuse' && after.onError !== 'refuse') {
      const message = 'clients are no longer refused while Redis is down';
      yield { path: ['store', 'onError'], message };
    }
  },
  *ofOptions(before, after) {
    if (before === undefined || after === undefined) return;
    for (const limit of before) {
      if (after.some((each) => isWithin(each, limit))) continue;
      yield told(limit, after.find((each) => each.by === limit.by) ?? after[0]);
    }
  },
};

/** Does `after` refuse whatever `before` refuses? */
function isWithin(after: Limit, before: Limit): boolean {
  return (
    after.by === before.by &&
    after.plan === before.plan &&
    isDeepStrictEqual(after.cost, before.cost) &&
    !(after.report === true && before.report !== true) &&
    (before.concurrency === undefined ||
      (after.concurrency ?? Number.POSITIVE_INFINITY) <= before.concurrency) &&
    areRatesWithin(after, before)
  );
}

function areRatesWithin(after: Limit, before: Limit): boolean {
  const [old, now] = [before, after].map(ratesOf) as [Rates, Rates];
  if (old.size === 0) return true;
  return (
    now.size > 0 &&
    [...now].every(([plan, rate]) => {
      const limit = old.get(plan) ?? old.get('');
      return limit !== undefined && isRateWithin(rate, limit);
    })
  );
}

const isRateWithin = (after: Rate, before: Rate): boolean =>
  after.max <= before.max && after.max / after.window <= before.max / before.window;

type Rates = ReadonlyMap<string, Rate>;

/** By plan; that of requests without one under an empty name. */
function ratesOf({ max, window, plans = {}, default: standard }: Limit): Rates {
  if (max !== undefined && window !== undefined) return new Map([['', { max, window }]]);
  const rest = standard === undefined ? undefined : plans[standard];
  return new Map([...Object.entries(plans), ...(rest === undefined ? [] : [['', rest] as const])]);
}

function told(before: Limit, after: Limit | undefined): Loosening {
  if (after?.report === true && before.report !== true) {
    const message = 'clients over the limit are only reported';
    return { path: [], message };
  }
  const [old, now] = [before, after].map((limit) => limit && textOf(limit));
  const message =
    old === now || now === undefined
      ? 'clients may send more requests'
      : `clients may send ${now}; before, ${old}`;
  return { path: [], message, severity: 'low' };
}

function textOf({ by, max, window, concurrency }: Limit): string {
  const rate = max === undefined || window === undefined ? [] : [`${max} in ${window / 1_000}s`];
  const open = concurrency === undefined ? [] : [`${concurrency} at once`];
  return `${[...rate, ...open].join(' and ') || 'what their plan allows'} by ${by}`;
}
