/** From the path of a request to the names below a folder, or to nothing. */

export interface FilePath {
  /** Decoded names; none for the folder itself. */
  readonly names: readonly string[];
  /** The path ends in a slash: a folder is asked for. */
  readonly isFolder: boolean;
}

/**
 * @param rest canonical, what the route's prefix left of the path: empty, or from a slash on
 * @returns `undefined` for what can be no file: names with a slash or NUL in them, `..`, and names that begin with a dot
 *   unless `dotfiles`
 */
export function filePath(rest: string, dotfiles: boolean): FilePath | undefined {
  const segments = rest.split('/').slice(1);
  const isFolder = segments.at(-1) === '';
  const names: string[] = [];
  for (const segment of isFolder ? segments.slice(0, -1) : segments) {
    const name = decoded(segment);
    if (name === undefined || !isName(name, dotfiles)) return undefined;
    names.push(name);
  }
  return { names, isFolder };
}

function isName(name: string, dotfiles: boolean): boolean {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name)) return false;
  return dotfiles || !name.startsWith('.');
}

/** `undefined` if it is not UTF-8. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
