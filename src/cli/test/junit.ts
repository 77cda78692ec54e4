/** Results as the XML of JUnit, as CI servers read it: a suite for each file. */
import type { CaseResult } from '../../testing/cases/run-case.ts';
import { countOf, type Reporter, sayFailure } from './reporter.ts';

export function junit(out: (text: string) => void): Reporter {
  const results: CaseResult[] = [];
  return {
    result: (result) => void results.push(result),
    end(ms) {
      const files = Map.groupBy(results, ({ file }) => file);
      const suites = [...files].map(([file, cases]) =>
        element('testsuite', { name: file, ...totals(cases, sumOf(cases)) }, cases.map(caseOf)),
      );
      const root = element('testsuites', { name: 'portico test', ...totals(results, ms) }, suites);
      out(`<?xml version="1.0" encoding="UTF-8"?>\n${root}`);
    },
  };
}

const sumOf = (cases: readonly CaseResult[]): number => cases.reduce((sum, { ms }) => sum + ms, 0);

const totals = (cases: readonly CaseResult[], ms: number): Record<string, string> => ({
  tests: String(cases.length),
  failures: String(countOf(cases, 'failed')),
  errors: '0',
  skipped: String(countOf(cases, 'skipped')),
  time: seconds(ms),
});

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

function caseOf({ file, name, line, ms, skip, failures, notes }: CaseResult): string {
  const [first] = failures;
  const inside = [
    ...(skip === undefined ? [] : [element('skipped', { message: skip }, [])]),
    ...(first === undefined
      ? []
      : [
          element(
            'failure',
            { message: sayFailure(first), type: 'expectation' },
            [escaped([...failures.map(sayFailure), ...notes].join('\n'))],
            '',
          ),
        ]),
  ];
  return element(
    'testcase',
    { name, classname: file, file, line: String(line), time: seconds(ms) },
    inside,
  );
}

function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  inside: readonly string[],
  between = '\n',
): string {
  const fields = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('');
  if (inside.length === 0) return `<${name}${fields}/>`;
  return `<${name}${fields}>${between}${inside.join('\n')}${between}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** No reference can write what is no character of XML 1.0 (§2.2). */
// oxlint-disable-next-line no-control-regex
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!)
    .replaceAll(NO_CHARACTER, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
