/** The findings of `portico audit` about idempotency keys. */
import type { PluginRisks } from 'portico';
import type { Options, Settings } from './options.ts';

export const risks: PluginRisks<Settings, Options> = {
  rules: {
    'idempotency-in-memory': 'medium',
    'idempotency-allows-outage': 'medium',
    'idempotency-retries-unknown': 'low',
  },
  *ofOptions({ onError, onUnknown }, _others, _known, _now, { store }) {
    if (store === 'memory') {
      const message =
        'keys are known to one process, until it ends: another gateway, or the next one, carries out a repeated request again; use a Redis or the durable store';
      yield { rule: 'idempotency-in-memory', path: [], message };
    }
    if (onError === 'allow') {
      const message = 'while the store is away, repeated requests are carried out again';
      yield { rule: 'idempotency-allows-outage', path: ['onError'], message };
    }
    if (onUnknown === 'retry') {
      const message =
        'a request whose outcome is not known is sent again: that is safe only if the upstream heeds the key itself';
      yield { rule: 'idempotency-retries-unknown', path: ['onUnknown'], message };
    }
  },
};
