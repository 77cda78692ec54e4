/** Which changes let pages of other origins do more. */
import type { Loosening } from 'portico';
import type { Options } from './index.ts';
import { isNamedBy } from './origin-patterns.ts';

export function* loosened(
  before: Options | undefined,
  after: Options | undefined,
): Generator<Loosening> {
  if (after === undefined) return;
  if (before === undefined) {
    const message = `pages of ${after.origins.join(', ')} may call it, and preflights need no credentials`;
    yield { path: [], message };
    return;
  }
  const more = after.origins.filter((each) => !before.origins.some((old) => isNamedBy(old, each)));
  if (more.length > 0) {
    yield { path: ['origins'], message: `pages of ${more.join(', ')} may call it too` };
  }
  if (after.credentials && !before.credentials) {
    const message = 'pages of other origins may send cookies and authorization';
    yield { path: ['credentials'], message };
  }
  const methods = after.methods.filter((method) => !before.methods.includes(method));
  if (methods.length > 0) {
    const message = `pages of other origins may send ${methods.join(', ')} too`;
    yield { path: ['methods'], message, severity: 'low' };
  }
  if (before.headers !== undefined && !isWithin(after.headers, before.headers)) {
    const message = 'pages of other origins may send more headers';
    yield { path: ['headers'], message, severity: 'low' };
  }
  if (!isWithin(after.expose, before.expose)) {
    const message = 'scripts of other origins may read more response headers';
    yield { path: ['expose'], message, severity: 'low' };
  }
}

const isWithin = (names: readonly string[] | undefined, all: readonly string[]): boolean =>
  names?.every((name) => all.includes(name)) === true;
