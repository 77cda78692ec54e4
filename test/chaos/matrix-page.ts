/** The table of docs/resilience.md, from what a run has given. */
import { type Cell, MATRIX_FAULTS, type MatrixFault, type Method, SETTINGS } from './matrix.ts';
import type { Answer } from './client.ts';

export const PAGE = 'docs/resilience.md';
const BEGIN = '<!-- begin: measured -->';
const END = '<!-- end: measured -->';

const MEANING: Readonly<Record<MatrixFault, string>> = {
  ok: 'answers normally',
  slow: 'answers late, within `timeout`',
  trickle: 'sends its body byte by byte',
  refuse: 'refuses the connection',
  resetBeforeHead: 'resets before the head',
  garbage: 'sends bytes that are not HTTP',
  hang: 'never answers',
  status500: 'answers 500',
  status503: 'answers 503',
  resetAfterHead: 'resets after the head',
  cutBody: 'ends in mid-body, `Content-Length`',
  cutChunks: 'ends in mid-body, chunked',
  hangBody: 'falls silent after the head',
};

/** Both tables, GET and POST. */
export function render(cells: readonly Cell[]): string {
  return [table(cells, 'GET'), table(cells, 'POST')].join('\n\n');
}

/** What a page has between the marks. */
export function measuredPart(page: string): string {
  return page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)).trim();
}

export function withMeasuredPart(page: string, text: string): string {
  return page.replace(measuredPart(page), () => text);
}

function table(cells: readonly Cell[], method: Method): string {
  const settings = Object.keys(SETTINGS);
  const rows = MATRIX_FAULTS.map((fault) => {
    const found = settings.map((setting) => {
      const cell = cells.find(
        (each) => each.fault === fault && each.setting === setting && each.method === method,
      );
      return formatCell(cell!);
    });
    return `| ${[MEANING[fault], ...found].join(' | ')} |`;
  });
  return [
    `| ${method}: the upstream … | ${settings.join(' | ')} |`,
    `|---|${settings.map(() => '---').join('|')}|`,
    ...rows,
  ].join('\n');
}

function formatCell({ first, last, seen, retries, isCounted, isEjected }: Cell): string {
  const notes = [
    retries > 0 ? `${retries + 1} tries` : '',
    isCounted === true ? `blamed; then ${formatAnswer(last)}, upstream asked ${seen} ×` : '',
    isEjected ? `target left out; then ${formatAnswer(last)}` : '',
  ].filter((note) => note !== '');
  return [formatAnswer(first), ...notes].join('; ');
}

function formatAnswer({ status, code, isCut, headers }: Answer): string {
  const fallback = headers['gateway-fallback'];
  const from = fallback === undefined ? '' : ` fallback (${String(fallback)})`;
  return `${status}${code === undefined ? '' : ` ${code}`}${from}${isCut ? ', cut' : ''}`;
}
