/** The current certificates of the listening port, each with the names it is for. */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { hostNames } from '../config/check/certificate-names.ts';
import type { ServerTlsConfig } from '../config/build/config.ts';
import { type PemSource, readText } from '../config/build/named-files.ts';
import { checkKeyPair, checkPeriod, readCertificates } from '../config/build/pem.ts';

/** ECDHE for forward secrecy, AEAD for everything else (RFC 9325 §4.2); TLS 1.3 has no others. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export interface Certificate {
  /** What metrics call it: its first host name. */
  readonly name: string;
  readonly expiresAt: Date;
}

export class CertificateSet {
  /** Of the first certificate. */
  readonly options: SecureContextOptions;
  /** All of them, those that are out of their time too. */
  readonly certificates: readonly Certificate[];
  /** Names of those that are not used, since they are out of their time. */
  readonly unused: readonly string[];
  /** What it was made from; equal texts are the same set. */
  readonly texts: readonly string[];
  readonly #byName = new Map<string, SecureContext>();

  /** @throws {RangeError} when a file cannot be read, or a pair cannot be used */
  constructor(config: ServerTlsConfig, texts: readonly string[]) {
    this.texts = texts;
    const { certificates, client, minVersion } = config;
    const ca = client && texts.at(-1)!;
    if (ca !== undefined) readCertificates(ca);
    const pairs = certificates.map((_, i) => ({ cert: texts[2 * i]!, key: texts[2 * i + 1]! }));
    const all = pairs.map(({ cert, key }) => {
      checkKeyPair(cert, key);
      return { cert, key, ca, minVersion, ciphers: CIPHERS, sessionIdContext: 'portico' };
    });
    const used = all.filter(({ cert }) => isTimely(cert));
    if (used.length === 0) checkPeriod(pairs[0]!.cert);
    this.options = used[0]!;
    for (const options of used) this.#add(options);
    this.certificates = all.map(({ cert }, i) => describe(cert, i));
    this.unused = this.certificates
      .filter((_, i) => !used.includes(all[i]!))
      .map(({ name }) => name);
  }

  /** By exact name, then by wildcard; `undefined` leaves it to the first. */
  contextFor(name: string): SecureContext | undefined {
    const asked = name.toLowerCase().replace(/\.$/, '');
    return this.#byName.get(asked) ?? this.#byName.get(asked.replace(/^[^.]+/, '*'));
  }

  #add(options: SecureContextOptions & { readonly cert: string }): void {
    const context = createSecureContext(options);
    for (const name of hostNames(readCertificates(options.cert)[0]!)) {
      if (!this.#byName.has(name)) this.#byName.set(name, context);
    }
  }
}

function describe(cert: string, i: number): Certificate {
  const certificate = readCertificates(cert)[0]!;
  const [name = `certificate ${i + 1}`] = hostNames(certificate);
  return { name, expiresAt: certificate.validToDate };
}

function isTimely(cert: string): boolean {
  try {
    checkPeriod(cert);
    return true;
  } catch {
    return false;
  }
}

/** Where the texts of a set come from, in their order. */
export function sourcesOf({ certificates, client }: ServerTlsConfig): readonly PemSource[] {
  const pairs = certificates.flatMap(({ cert, key }) => [cert, key]);
  return client === undefined ? pairs : [...pairs, client.ca];
}

/** The texts as they are in the files now. */
export const readTexts = (config: ServerTlsConfig): readonly string[] =>
  sourcesOf(config).map(({ text, file }) => (file === undefined ? text : readText(file, file)));
