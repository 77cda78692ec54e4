/**
 * Gives every host one spelling, before anything reads it: routes, plugins, logs and the upstream all see
 * the same one.
 *
 * `Admin.Example.`, `admin.example.` and `admin.example` are one name to DNS and to most servers; if a route
 * knew only one of them, the others would bypass it.
 */
import { isIPv6 } from 'node:net';

/** Already canonical, as in almost every request. */
const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d{1,5})?$/;
/** Labels, the root's dot, a port (RFC 3986 §3.2.2, limited to the characters of host names). */
const NAMED = /^([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?(:\d{1,5})?$/;
const ADDRESS = /^\[([0-9A-Fa-f:.]+)\](:\d{1,5})?$/;

/**
 * The canonical spelling of an authority: lower case, without the root's dot, IPv6 addresses as RFC 5952
 * writes them. The port stays as sent.
 *
 * @returns `undefined` for an invalid host, including one with empty labels
 */
export function canonicalHost(authority: string): string | undefined {
  if (PLAIN.test(authority)) return authority;
  const [, name, port = ''] = NAMED.exec(authority) ?? [];
  if (name !== undefined) return name.toLowerCase() + port;
  const [, address = '', addressPort = ''] = ADDRESS.exec(authority) ?? [];
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname + addressPort : undefined;
}

/** A canonical host without its port, which is what routes match. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  // The colons of an IPv6 address are in brackets.
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}
