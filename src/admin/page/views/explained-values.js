/** The values of the config that apply to an explained request, and where each is from. */
import { h } from '../dom.js';
import { code } from '../parts.js';
import { table } from '../table.js';

/** @import { ExplainedValue } from '../../explained.ts' */
/** @import { Column } from '../table.js' */

/** Of a value's text, in characters. */
const LONGEST = 120;

/** @type {readonly Column<ExplainedValue>[]} */
const COLUMNS = [
  { title: 'Value', cell: ({ path }) => code(path), isHeader: true },
  { title: 'Is', cell: ({ value }) => code(shown(value)) },
  {
    title: 'From',
    cell: ({ from, file, line }) => (file === undefined ? from : `${from}, ${file}:${line}`),
    isWide: true,
  },
];

/** @param {readonly ExplainedValue[]} all */
export const values = (all) =>
  h(
    'details',
    {},
    h('summary', {}, `${all.length} values that apply, and where they are from`),
    table({ caption: 'Values', columns: COLUMNS, rows: all, keyOf: ({ path }) => path }),
  );

/** @param {unknown} value */
function shown(value) {
  if (value === undefined) return 'not shown';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
