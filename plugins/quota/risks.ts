/** The findings of `portico audit` about quotas. */
import type { PluginRisks } from 'portico';
import type { Options, Settings } from './options.ts';

export const risks: PluginRisks<Settings, Options> = {
  rules: { 'quota-in-memory': 'medium' },
  *ofSettings({ store, quotas }) {
    if (store !== 'memory' || Object.keys(quotas).length === 0) return;
    const message =
      'each process counts for itself, and what it has counted is lost when it ends: use a Redis';
    yield { rule: 'quota-in-memory', path: ['store'], message };
  },
};
