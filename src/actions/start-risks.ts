/** What is risky about requests that start operations: one without a key that is repeated starts another operation. */
import type { ActionConfig, ActionLoosening, ActionRisks } from '../config/actions.ts';

/** @param key of the route that names the action */
export const keyRisks = <C extends ActionConfig>(
  key: string,
  isRequired: (config: C) => boolean,
): ActionRisks<C> => ({
  rules: { 'start-without-key': 'medium' },
  *find(config) {
    if (isRequired(config)) return;
    const message =
      'a client that repeats a request without an Idempotency-Key starts it twice: say key: required';
    yield { rule: 'start-without-key', path: [key], message };
  },
});

export const keyDropped = (key: string): ActionLoosening => ({
  rule: 'loosened',
  severity: 'medium',
  path: [key, 'key'],
  message: 'requests without an Idempotency-Key are accepted: repeated, they start it twice',
});
