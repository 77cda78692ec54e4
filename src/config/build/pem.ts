/** Checks certificates and keys, and whether they match, with messages that reveal nothing of their content. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws {RangeError} unless `pem` holds certificates, all of which can be read */
export function readCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(CERTIFICATE);
  if (blocks === null) throw new RangeError('contains no PEM certificate');
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new RangeError('contains an unreadable certificate', { cause: error });
  }
}

/** @throws {RangeError} unless `pem` holds a private key that needs no passphrase */
export function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const isLocked = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem);
    const message = isLocked
      ? 'contains a key with a passphrase: use one without'
      : 'contains no PEM private key';
    throw new RangeError(message, { cause: error });
  }
}

/** @throws {RangeError} unless `key` is that of the first certificate in `cert` */
export function checkKeyPair(cert: string, key: string): void {
  if (!readCertificates(cert)[0]!.checkPrivateKey(readPrivateKey(key))) {
    throw new RangeError('does not match the certificate in "cert"');
  }
  try {
    // What OpenSSL's security level refuses, such as a key that is too short, shows only here.
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = (error as Error).message.replace(/^error:[^:]*:[^:]*:[^:]*:/, '');
    throw new RangeError(`cannot be used: ${reason}`, { cause: error });
  }
}

/** @throws {RangeError} unless the first certificate in `cert` is valid today */
export function checkPeriod(cert: string): void {
  const { validFromDate, validToDate } = readCertificates(cert)[0]!;
  const now = Date.now();
  if (validToDate.getTime() < now) {
    throw new RangeError(`contains a certificate that expired on ${dayOf(validToDate)}`);
  }
  if (validFromDate.getTime() > now) {
    throw new RangeError(`contains a certificate that is not valid before ${dayOf(validFromDate)}`);
  }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
