/** Distinguishes hosts of this machine or a private network from public ones. */

export const isLoopback = (host: string): boolean => /^(localhost|127\.|::1$|\[::1\]$)/.test(host);

/** Plain http to a name of the public DNS, or to an address that is not private (RFC 1918, RFC 4193). */
export function isPublicHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || isLoopback(hostname)) return false;
  if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[f[cd])/.test(hostname))
    return false;
  const isInternal = /\.(internal|local|localhost|svc|lan|home|corp|invalid|test|cluster)$/;
  return hostname.includes('.') && !isInternal.test(hostname);
}
