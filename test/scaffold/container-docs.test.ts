import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const instructionsOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('docs/container.md shows the Dockerfile that portico init writes', () => {
  const [, shown] = /```dockerfile\n(ARG PORTICO[\s\S]*?)```/.exec(
    readFileSync('docs/container.md', 'utf8'),
  )!;
  const written = readFileSync('templates/project/Dockerfile', 'utf8');
  expect(instructionsOf(shown!)).toEqual(instructionsOf(written));
});

test('it copies what .dockerignore lets through, and nothing else', () => {
  const written = readFileSync('templates/project/Dockerfile', 'utf8');
  const copied = [...written.matchAll(/^COPY --chmod=\d+ (\S+) /gm)].map(([, path]) => path!);
  const ignored = readFileSync('templates/project/_.dockerignore', 'utf8');
  const allowed = [...ignored.matchAll(/^!(\S+)$/gm)].map(([, path]) => path!);
  expect(copied.toSorted()).toEqual(allowed.toSorted());
});
