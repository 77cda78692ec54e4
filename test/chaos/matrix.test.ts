import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runMatrix, type Cell } from './matrix.ts';
import { measuredPart, PAGE, render, withMeasuredPart } from './matrix-page.ts';

/** `UPDATE_DOCS=1 npx vitest run test/chaos/matrix.test.ts` writes the page anew. */
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;

test(`${PAGE} says what every fault comes to under every setting`, async () => {
  const cells = await runMatrix();
  const text = render(cells);
  if (UPDATES) writeFileSync(PAGE, withMeasuredPart(readFileSync(PAGE, 'utf8'), text));
  expect(measuredPart(readFileSync(PAGE, 'utf8'))).toBe(text);

  const seenAs = (cell: Cell): string => `${cell.setting}, ${cell.fault}, ${cell.method}`;
  const repeated = cells.filter(({ method, retries }) => method === 'POST' && retries > 0);
  expect(new Set(repeated.map(({ fault }) => fault))).toEqual(new Set(['refuse']));
  const wrong = cells.filter(
    ({ setting, fault, seen, retries }) =>
      setting === 'retry' && seen !== (fault === 'refuse' ? 0 : 1 + retries),
  );
  expect(wrong.map(seenAs)).toEqual([]);
});
