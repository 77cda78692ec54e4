/**
 * What follows `;` in a segment: part of the segment to most servers, parameters to be cut off to others
 * (Tomcat, Jetty, Spring, and any server that decodes `%3B` first). `/admin;x/y` is `/admin/y` to them.
 *
 * Neither reading is safe alone, so a path is matched in both, and refused if they differ.
 */

/** In a canonical path, whose escapes are in capitals. */
export const hasParameters = (path: string): boolean => path.includes(';') || path.includes('%3B');

/** The other paths that servers read in a canonical one: without all parameters, and without the raw ones. */
export function otherReadings(path: string): readonly string[] {
  const plain = path.replaceAll(/(?:;|%3B)[^/]*/g, '');
  const decodedLate = path.replaceAll(/;[^/]*/g, '');
  const isMixed = decodedLate !== plain && decodedLate !== path;
  return isMixed ? [plain, decodedLate] : [plain];
}

/** What is wrong with parameters in a path of the config. */
export function semicolonFault(text: string): string | undefined {
  const found = /;|%3B/i.exec(text)?.[0];
  if (found === undefined) return undefined;
  return `contains "${found}": requests are matched with and without what follows it, so leave it out`;
}
