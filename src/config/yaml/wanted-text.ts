/**
 * `secret: ${SECRET}` with only digits: YAML reads a number, but the schema wants text. The value
 * from outside then stays the text that it was, digit by digit.
 */
import type { Path } from '../fault.ts';
import type { Issue } from '../check/issue-words.ts';
import type { Tree } from './tree.ts';

/** `tree` with the texts that `issues` miss; `undefined` where `asText` gives none of them. */
export function withWantedTexts(
  tree: Tree,
  issues: readonly Issue[],
  asText: (path: Path) => string | undefined,
): Tree | undefined {
  let whole: unknown = tree;
  for (const path of wanted(issues)) {
    const text = asText(path);
    if (text !== undefined) whole = withText(whole, path, text);
  }
  // The root is a map, and stays one.
  return whole === tree ? undefined : (whole as Tree);
}

/** Where text is missing; in a union, for one of its branches. */
function* wanted(issues: readonly Issue[], above: Path = []): Generator<Path> {
  for (const issue of issues) {
    const path = [...above, ...(issue.path as Path)];
    if (issue.code === 'invalid_type' && issue.expected === 'string') yield path;
    if (issue.code === 'invalid_union') for (const each of issue.errors) yield* wanted(each, path);
  }
}

/** Leaves `value` as it is: an alias may have brought it to several places. */
function withText(value: unknown, [key, ...rest]: Path, text: string): unknown {
  if (key === undefined) return text;
  if (Array.isArray(value))
    return value.with(Number(key), withText(value[Number(key)], rest, text));
  const map = value as Tree;
  return { ...map, [key]: withText(map[key], rest, text) };
}
