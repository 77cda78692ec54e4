/** The names a certificate is for (RFC 5280 §4.2.1.6), parsed from Node's text form. */
import type { X509Certificate } from 'node:crypto';

/** Node quotes a name that could be taken for several. */
const NAME = /(?:^|, )([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/y;

/** `DNS:a.example`, `URI:spiffe://a/b`, `IP Address:192.0.2.1`; what cannot be read ends the list. */
export function subjectNames(text: string | undefined): readonly string[] {
  const names: string[] = [];
  const pattern = new RegExp(NAME);
  for (let found = pattern.exec(text ?? ''); found !== null; found = pattern.exec(text ?? '')) {
    const [, kind, value = ''] = found;
    names.push(`${kind}:${value.startsWith('"') ? String(JSON.parse(value)) : value}`);
  }
  return names;
}

/** Host names, in lower case; the common name if there is no other (RFC 6125 §6.4.4). */
export function hostNames(certificate: X509Certificate): readonly string[] {
  const names = subjectNames(certificate.subjectAltName)
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length).toLowerCase());
  if (certificate.subjectAltName !== undefined) return names;
  const named: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof named === 'string' ? [named.toLowerCase()] : [];
}
