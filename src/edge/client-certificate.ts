/** A client's certificate, once TLS has verified it. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { subjectNames } from '../config/check/certificate-names.ts';

export interface ClientCertificate {
  /** Distinguished name, one attribute per line: `O=Shop\nCN=billing`. */
  readonly subject: string;
  readonly commonName: string | undefined;
  /** Subject alternative names with their kind: `DNS:billing.internal`, `URI:spiffe://shop/billing`. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
  readonly serialNumber: string;
}

/** `undefined` if the client has none, or none signed by a configured authority. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerX509Certificate === undefined) return undefined;
  const certificate = getPeerX509Certificate.call(socket);
  if (certificate === undefined) return undefined;
  const { subject, issuer, fingerprint256: fingerprint, serialNumber } = certificate;
  const named: unknown = certificate.toLegacyObject().subject?.CN;
  return {
    subject,
    commonName: typeof named === 'string' ? named : undefined,
    names: subjectNames(certificate.subjectAltName),
    issuer,
    fingerprint,
    serialNumber,
  };
}
