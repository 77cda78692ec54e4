/** docs/testing.md: its cases pass, its difference is the one that is printed, and its tables name what there is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import { folderOf } from '../config/config-files.ts';
import { Case, CaseFile, FAILURES } from '../../src/config/cases/schema.ts';
import { Page } from '../helpers/page.ts';

const PAGE = new Page('docs/testing.md');
const [PASSED = '', FAILED = ''] = PAGE.blocks('text');

/** The files of the page, as `change` leaves them, and what is printed of them. */
async function printed(change = (text: string): string => text): Promise<string> {
  const folder = folderOf(Object.fromEntries(PAGE.files()));
  const file = join(folder, 'gateway.test.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  const { out } = await run(['test', '-c', join(folder, 'gateway.config.yaml')]);
  return out.join('\n').replaceAll(`${folder}/`, '');
}

describe('docs/testing.md', () => {
  test('has cases that pass, and are reported as it says', async () => {
    expect((await printed()).replace(/\(\d+\.\d s\)/, '(0.4 s)')).toBe(PASSED.trimEnd());
  });

  test('shows the difference as it is printed', async () => {
    expect(await printed((text) => text.replace('total: 4990', 'total: "49.90"'))).toContain(
      FAILED.trimEnd(),
    );
  });

  test('shows a list of answers that can be read', async () => {
    const answers = PAGE.blocks('yaml').find((text) =>
      text.startsWith('upstreams:\n  orders:\n    -'),
    )!;
    const cases = `
cases:
  - name: a
    as: { scopes: [orders:read] }
    steps:
      - { request: GET /api/orders/7, expect: { body: { id: "7" } } }
      - { request: POST /api/orders, expect: { error: GW_UPSTREAM_RESET } }
      - { request: POST /api/orders, times: 2, expect: { status: 201 } }`;
    expect(await printed(() => answers + cases)).toContain('1 passed');
  });

  test('names every key of a case and of a file', () => {
    const [, table = ''] = /^## A case$(.*?)^## /ms.exec(PAGE.text)!;
    const keys = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!);
    expect(keys.toSorted()).toEqual(Object.keys(Case.shape).toSorted());
    for (const key of Object.keys(CaseFile.shape)) expect(table).toContain(`\`${key}\``);
  });

  test('names every way to fail', () => {
    for (const way of FAILURES) expect(PAGE.text).toContain(`- \`${way}\`: `);
  });
});
