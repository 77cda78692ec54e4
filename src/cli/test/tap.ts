/** Results as TAP 14 (testanything.org), with the differences as YAML diagnostics. */
import { visible } from '../../config/fault.ts';
import type { CaseResult } from '../../testing/cases/run-case.ts';
import { type Reporter, sayFailure } from './reporter.ts';

export function tap(out: (text: string) => void): Reporter {
  let count = 0;
  out('TAP version 14');
  return {
    result(result) {
      count += 1;
      out(pointOf(result, count));
      if (result.outcome === 'failed') out(diagnosticsOf(result));
    },
    end() {
      out(`1..${count}`);
    },
  };
}

function pointOf({ outcome, file, name, skip }: CaseResult, count: number): string {
  const isOk = outcome === 'failed' ? 'not ok' : 'ok';
  const directive = skip === undefined ? '' : ` # SKIP ${escaped(skip)}`;
  return `${isOk} ${count} - ${escaped(`${file}: ${name}`)}${directive}`;
}

/** A `#` would begin a directive. */
const escaped = (text: string): string => visible(text).replaceAll(/[\\#]/g, '\\$&');

function diagnosticsOf({ file, line, ms, failures, notes }: CaseResult): string {
  const lines = [
    '---',
    `at: ${quoted(`${file}:${line}`)}`,
    `duration_ms: ${ms.toFixed(1)}`,
    'failures:',
    ...failures.map((failure) => `  - ${quoted(sayFailure(failure))}`),
    ...(notes.length === 0 ? [] : ['notes:', ...notes.map((note) => `  - ${quoted(note)}`)]),
    '...',
  ];
  return lines.map((each) => `  ${each}`).join('\n');
}

/** A JSON text is one of YAML. */
const quoted = (text: string): string => JSON.stringify(visible(text));
