/** Path templates of OpenAPI: `/products/{id}`. */

/** Names of the parameters, in their order. */
export const parametersIn = (path: string): string[] =>
  [...path.matchAll(/\{([^{}/]*)\}/g)].map(([, name]) => name!);

/** What is wrong with the template `path`, as the end of a sentence. */
export function templateFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must start with /';
  if (/[?#]/.test(path)) return 'must not have a query or fragment';
  if (/[{}]/.test(path.replaceAll(/\{[^{}/]+\}/g, ''))) return 'has a brace without its other half';
  const names = parametersIn(path);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? undefined : `has the parameter {${twice}} twice`;
}
