/** Which changes of quotas let clients send more. */
import type { Loosening, PluginLoosening } from 'portico';
import { type Options, type Quota, type Settings } from './options.ts';

const LENGTH: Readonly<Record<Quota['per'], number>> = { day: 1, week: 7, month: 31 };

export const loosened: PluginLoosening<Settings, Options> = {
  *ofSettings(before, after) {
    yield* ofStore(before.store, after.store);
    for (const [name, quota] of Object.entries(before.quotas)) {
      const now = after.quotas[name];
      if (now !== undefined) yield* ofQuota(name, quota, now);
    }
  },
  *ofOptions(before, after) {
    const gone = (before ?? []).filter((name) => after?.includes(name) !== true);
    if (gone.length === 0) return;
    yield { path: [], message: `requests no longer count against ${gone.join(', ')}` };
  },
};

function* ofStore(before: Settings['store'], after: Settings['store']): Generator<Loosening> {
  if (before === 'memory') return;
  if (after === 'memory') {
    const message = 'each process counts for itself, and forgets when it ends';
    yield { path: ['store'], message };
  } else if (before.onError === 'refuse' && after.onError !== 'refuse') {
    const message = 'nothing is counted while Redis is down; before, clients were refused';
    yield { path: ['store', 'onError'], message };
  }
  if (after !== 'memory' && (before.redis !== after.redis || before.prefix !== after.prefix)) {
    yield { path: ['store'], message: 'counts begin at 0 in another place', severity: 'low' };
  }
}

function* ofQuota(name: string, before: Quota, after: Quota): Generator<Loosening> {
  const path = ['quotas', name];
  if (before.by !== after.by || before.plan !== after.plan || before.timezone !== after.timezone) {
    const message = `${name} is counted in another way, from 0`;
    yield { path, message, severity: 'low' };
  }
  if (after.refund && !before.refund) {
    const message = `${name} no longer counts requests that fail with 5xx`;
    yield { path: [...path, 'refund'], message, severity: 'low' };
  }
  const old = limitsOf(before);
  for (const [plan, limit] of limitsOf(after)) {
    const most = old.get(plan) ?? old.get('');
    if (most === undefined || limit / LENGTH[after.per] <= most / LENGTH[before.per]) continue;
    const whose = plan === '' ? name : `${name} for ${plan}`;
    const message = `${whose} is ${limit} a ${after.per}; before, ${most} a ${before.per}`;
    yield { path, message, severity: 'low' };
  }
}

/** By plan; that of requests without one under an empty name. */
function limitsOf({ limit, plans = {}, default: standard }: Quota): ReadonlyMap<string, number> {
  if (limit !== undefined) return new Map([['', limit]]);
  const rest = standard === undefined ? undefined : plans[standard];
  return new Map([...Object.entries(plans), ...(rest === undefined ? [] : [['', rest] as const])]);
}
