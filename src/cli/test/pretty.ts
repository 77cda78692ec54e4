/** Results for people. */
import { visible } from '../../config/fault.ts';
import type { CaseResult } from '../../testing/cases/run-case.ts';
import type { Paint } from '../colours.ts';
import { countOf, type Reporter, sayFailure } from './reporter.ts';

const SIGNS = { passed: ['green', '✓'], failed: ['red', '✗'], skipped: ['yellow', '-'] } as const;

export function pretty(out: (text: string) => void, paint: Paint): Reporter {
  const results: CaseResult[] = [];
  let file = '';
  return {
    result(result) {
      if (result.file !== file) out(`${results.length === 0 ? '' : '\n'}${result.file}`);
      file = result.file;
      results.push(result);
      out(lineOf(result, paint));
      for (const failure of result.failures) out(`      ${paint('red', sayFailure(failure))}`);
      for (const line of result.notes.flatMap((note) => note.split('\n'))) {
        out(`      ${paint('grey', visible(line))}`);
      }
    },
    end(ms) {
      const counts = (['passed', 'failed', 'skipped'] as const)
        .map((outcome) => [outcome, countOf(results, outcome)] as const)
        .filter(([outcome, count]) => count > 0 || outcome === 'passed')
        .map(([outcome, count]) => paint(SIGNS[outcome][0], `${count} ${outcome}`));
      out(`\n${counts.join(', ')} (${(ms / 1_000).toFixed(1)} s)`);
    },
  };
}

function lineOf({ outcome, name, skip }: CaseResult, paint: Paint): string {
  const [colour, sign] = SIGNS[outcome];
  const why = skip === undefined ? '' : ` (skipped: ${visible(skip)})`;
  return `  ${paint(colour, sign)} ${visible(name)}${why}`;
}
