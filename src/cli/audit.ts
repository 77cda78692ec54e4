/** `portico audit`: lists what is risky in a valid config. */
import {
  audit as auditConfig,
  type AuditFinding,
  auditRules,
  SEVERITIES,
  type Severity,
} from '../config/audit/audit.ts';
import type { Fault } from '../config/fault.ts';
import { hint } from '../config/check/suggest.ts';
import { loadValid } from './load-valid.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface AuditOptions {
  readonly config: string;
  readonly json: boolean;
  /** Rules that are not looked at. */
  readonly ignore: readonly string[];
  /** Ends with 1 where a finding is as bad as this, or worse. */
  readonly failOn: Severity;
}

/** A finding at its place. */
type Placed = AuditFinding & { readonly fault: Fault };

export async function audit(options: AuditOptions, terminal: Terminal): Promise<number> {
  const loaded = await loadValid(options, terminal);
  if (loaded === undefined) return EXIT.badConfig;
  const { config, modules } = loaded;
  const rules = [...auditRules(modules).keys()];
  const unknown = options.ignore.find((rule) => !rules.includes(rule));
  if (unknown !== undefined) {
    terminal.err(`no rule "${unknown}"${hint(unknown, rules)}`);
    return EXIT.usage;
  }
  const found: Placed[] = auditConfig(config, modules, new Set(options.ignore)).map((finding) => ({
    ...finding,
    fault: modules.place({ path: finding.path, message: finding.message }),
  }));
  if (options.json) terminal.out(JSON.stringify(found.map(toJson), undefined, 2));
  else printRisks(found, options.config, terminal);
  const worst = SEVERITIES.slice(0, SEVERITIES.indexOf(options.failOn) + 1);
  return found.some(({ severity }) => worst.includes(severity)) ? EXIT.failed : EXIT.ok;
}

function printRisks(found: readonly Placed[], file: string, { out }: Terminal): void {
  for (const { severity, rule, message, fault } of found) {
    const place = `${fault.file}:${fault.line}:${fault.column}`;
    out(`${place}  ${severity}  ${rule}  ${fault.path}: ${message}`);
  }
  const counts = SEVERITIES.map((severity) => {
    const count = found.filter((each) => each.severity === severity).length;
    return `${count} ${severity}`;
  });
  out(found.length === 0 ? `${file}: no risk found` : counts.join(', '));
}

const toJson = ({ severity, rule, message, fault }: Placed): object => ({
  rule,
  severity,
  file: fault.file,
  line: fault.line,
  column: fault.column,
  path: fault.path,
  message,
});
