/**
 * Text after `;` in a path segment. To most servers it is part of the segment. Others cut it off as
 * parameters (Tomcat, Jetty, Spring, and any server that decodes `%3B` first): they read `/admin;x/y` as
 * `/admin/y`.
 *
 * Neither reading is safe alone, so a path is matched in both, and refused if they differ.
 */

/** For a canonical path, whose escapes are upper-case. */
export const hasParameters = (path: string): boolean => path.includes(';') || path.includes('%3B');

/** How other servers may read a canonical path: without any parameters, or without the unescaped ones. */
export function otherReadings(path: string): readonly string[] {
  const plain = path.replaceAll(/(?:;|%3B)[^/]*/g, '');
  const decodedLate = path.replaceAll(/;[^/]*/g, '');
  const isMixed = decodedLate !== plain && decodedLate !== path;
  return isMixed ? [plain, decodedLate] : [plain];
}

/** The fault of a path in the config that contains parameters; `undefined` if it has none. */
export function semicolonFault(text: string): string | undefined {
  const found = /;|%3B/i.exec(text)?.[0];
  if (found === undefined) return undefined;
  return `contains "${found}": requests are matched with and without what follows it, so leave it out`;
}
