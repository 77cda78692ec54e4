/** Which changes admit keys that were refused before, or requests without one. */
import type { Loosening, PluginLoosening } from 'portico';
import { optionalNow } from '../shared/optional-credential.ts';
import { isLooser, requirementText } from '../shared/requirement.ts';
import type { Options, Settings } from './settings.ts';

export const loosened: PluginLoosening<Settings, Options> = {
  *ofSettings(before, after) {
    for (const [name, consumer] of Object.entries(after.consumers)) {
      yield* ofConsumer(name, before.consumers[name], consumer);
    }
    const [old, now] = [before.redis, after.redis];
    if (now !== undefined && (now.url !== old?.url || now.prefix !== old.prefix)) {
      yield { path: ['redis'], message: 'keys of another store are accepted' };
    } else if (now?.onError === 'hold' && old?.onError === 'refuse') {
      const message = 'keys that were removed stay valid while Redis is down';
      yield { path: ['redis', 'onError'], message, severity: 'low' };
    }
  },
  *ofOptions(before, after, others, known) {
    if (before === undefined || after === undefined) return;
    const optional = { key: 'optional', what: 'a key' };
    yield* optionalNow(before.optional, after.optional, optional, known.insistingOn(others));
    const [old, now] = [before, after].map(({ scopes }) => ({
      names: scopes,
      match: 'all' as const,
    }));
    if (isLooser(old!, now!)) {
      const needs = `a consumer needs ${requirementText(now!, 'scopes')}`;
      const message = `${needs}; before, it needed ${requirementText(old!, 'scopes')}`;
      yield { path: ['scopes'], message };
    }
    yield* ofPlans(before.plans, after.plans);
    if (before.header !== after.header || before.query !== after.query) {
      const message = 'keys are looked for in another place';
      yield { path: [after.query === undefined ? 'header' : 'query'], message, severity: 'low' };
    }
  },
};

function* ofConsumer(
  name: string,
  before: Settings['consumers'][string] | undefined,
  after: Settings['consumers'][string],
): Generator<Loosening> {
  const path = ['consumers', name];
  if (before === undefined) {
    yield { path, message: `the consumer ${name} is admitted by its keys`, severity: 'low' };
    return;
  }
  if (after.keys.some((key) => !before.keys.includes(key))) {
    const message = `the consumer ${name} has another key`;
    yield { path: [...path, 'keys'], message, severity: 'low' };
  }
  const more = after.scopes.filter((scope) => !before.scopes.includes(scope));
  if (more.length > 0) {
    const message = `the consumer ${name} has more scopes: ${more.join(', ')}`;
    yield { path: [...path, 'scopes'], message };
  }
  if (after.plan !== undefined && after.plan !== before.plan) {
    const message = `the consumer ${name} is on the plan ${after.plan}`;
    yield { path: [...path, 'plan'], message, severity: 'low' };
  }
}

function* ofPlans(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): Generator<Loosening> {
  if (before === undefined) return;
  if (after === undefined) {
    yield { path: ['plans'], message: 'consumers on any plan are admitted' };
    return;
  }
  const more = after.filter((plan) => !before.includes(plan));
  if (more.length === 0) return;
  yield { path: ['plans'], message: `consumers on ${more.join(', ')} are admitted too` };
}
