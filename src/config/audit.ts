/**
 * What is risky in a config that may serve: not wrong, but seldom meant.
 *
 * Each rule has an id, so that a team can agree on those it does not follow.
 */
import { AUDIT_RULES } from './audit-rules.ts';
import type { Config } from './config.ts';
import type { Path } from './fault.ts';

/** From the worst on. */
export const SEVERITIES = ['high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Where a rule is not followed, and what to do. */
export interface Risk {
  readonly path: Path;
  readonly message: string;
}

export interface AuditRule {
  /** Stays the same over versions. */
  readonly id: string;
  readonly severity: Severity;
  readonly find: (config: Config) => Iterable<Risk>;
}

export interface AuditFinding extends Risk {
  readonly rule: string;
  readonly severity: Severity;
}

/** Every risk of `config`, the worst first; without the rules that `ignored` names. */
export function audit(config: Config, ignored: ReadonlySet<string> = new Set()): AuditFinding[] {
  return AUDIT_RULES.filter(({ id }) => !ignored.has(id))
    .flatMap(({ id, severity, find }) =>
      [...find(config)].map((risk) => ({ rule: id, severity, ...risk })),
    )
    .toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}
