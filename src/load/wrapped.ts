/**
 * `line` in several ones where it is longer than `columns`. They begin below the text of the first: behind its title,
 * its indentation or its arrow. A word that is too long stays whole.
 */
export function wrapped(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const [before] = /^\S+ {2,}/.exec(line) ?? /^ *(?:→ )?/.exec(line)!;
  const indent = before.length;
  const at = line.lastIndexOf(' ', columns);
  if (at <= indent) return [line];
  const rest = ' '.repeat(indent) + line.slice(at).trimStart();
  return [line.slice(0, at).trimEnd(), ...wrapped(rest, columns)];
}
