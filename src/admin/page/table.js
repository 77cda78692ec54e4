/** Tables of rows that differ each second: with a caption for ears, and columns by which people sort. */
import { h } from './dom.js';

/** @import { Child } from './dom.js' */

/**
 * @template Row
 * @typedef Column
 * @property {string} title
 * @property {(row: Row) => Child} cell
 * @property {(row: Row) => string | number} [by]  what it is sorted by; numbers begin with the largest
 * @property {boolean} [isNumber]
 * @property {boolean} [isHeader]  its cells name the row
 * @property {boolean} [isWide]  left out on narrow screens
 */
/**
 * @template Row
 * @typedef TableOptions
 * @property {string} caption
 * @property {readonly Column<Row>[]} columns
 * @property {readonly Row[]} rows
 * @property {(row: Row) => string} keyOf
 * @property {Order} [order]  absent: the rows stay as they are
 */

/**
 * By which column a table is sorted. It belongs to the view, and lasts as long.
 *
 * @typedef Order
 * @property {string} title
 * @property {boolean} isReversed
 * @property {(title: string) => void} choose
 */

/**
 * @param {string} title
 * @param {() => void} onChange
 * @returns {Order}
 */
export function order(title, onChange) {
  return {
    title,
    isReversed: false,
    choose(chosen) {
      this.isReversed = this.title === chosen && !this.isReversed;
      this.title = chosen;
      onChange();
    },
  };
}

/**
 * @template Row
 * @param {readonly Row[]} rows
 * @param {readonly Column<Row>[]} columns
 * @param {Order} by
 * @returns {Row[]}
 */
export function sorted(rows, columns, { title, isReversed }) {
  const value = columns.find((column) => column.title === title)?.by;
  if (value === undefined) return [...rows];
  const sign = isReversed ? -1 : 1;
  return rows
    .map((row) => ({ row, value: value(row) }))
    .toSorted((a, b) => sign * compare(a.value, b.value))
    .map(({ row }) => row);
}

/**
 * @param {string | number} a
 * @param {string | number} b
 */
function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

/**
 * @template Row
 * @param {TableOptions<Row>} options
 */
export function table({ caption, columns, rows, keyOf, order: by }) {
  return h(
    'table',
    { key: caption },
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, ...columns.map((column) => headCell(column, by)))),
    h(
      'tbody',
      {},
      rows.map((row) =>
        h('tr', { key: keyOf(row) }, ...columns.map((column) => cell(column, row))),
      ),
    ),
  );
}

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {Order | undefined} by
 */
function headCell(column, by) {
  const { title } = column;
  const isChosen = by?.title === title;
  const isDown = by !== undefined && by.isReversed !== (column.isNumber ?? false);
  const sort = isDown ? 'descending' : 'ascending';
  const isSortable = by !== undefined && column.by !== undefined;
  return h(
    'th',
    { scope: 'col', class: classOf(column), 'aria-sort': isChosen ? sort : undefined },
    isSortable ? h('button', { type: 'button', onclick: () => by.choose(title) }, title) : title,
  );
}

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {Row} row
 */
const cell = (column, row) =>
  column.isHeader === true
    ? h('th', { scope: 'row', class: classOf(column) }, column.cell(row))
    : h('td', { class: classOf(column) }, column.cell(row));

/**
 * @template Row
 * @param {Column<Row>} column
 */
const classOf = ({ isNumber, isWide }) =>
  `${isNumber === true ? 'number' : ''}${isWide === true ? ' wide' : ''}`;
