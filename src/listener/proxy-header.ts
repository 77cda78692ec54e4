/**
 * Reads the header that a proxy sends before the bytes of a client: the PROXY protocol, versions 1 and 2, as
 * HAProxy has specified it (proxy-protocol.txt of HAProxy 3.0).
 *
 * It is read strictly, since whoever could have it misread could claim any address.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from '../config/schema/address-range.ts';
import { beginsLike } from './first-bytes.ts';

export type ProxyVersion = 'v1' | 'v2';

export type ProxyHeader =
  | { readonly kind: 'more' }
  /** Why it is refused. */
  | { readonly kind: 'invalid'; readonly why: string }
  /** The bytes of the client come after `length`. */
  | { readonly kind: 'client'; readonly address: string; readonly length: number }
  /** The proxy itself speaks, as for a health check. */
  | { readonly kind: 'proxy'; readonly length: number }
  /** A client whose address the proxy does not know, or cannot tell. */
  | { readonly kind: 'unknown'; readonly length: number };

const MORE: ProxyHeader = { kind: 'more' };
const invalid = (why: string): ProxyHeader => ({ kind: 'invalid', why });

/** What `bytes` begin with; call it again with more of them where it says so. */
export const readProxyHeader = (version: ProxyVersion, bytes: Buffer): ProxyHeader =>
  version === 'v1' ? readText(bytes) : readBinary(bytes);

const V1 = Buffer.from('PROXY ');
/** Of a line, with its end: §2.1. */
const V1_BYTES = 107;
const PORT = /^(0|[1-9]\d{0,4})$/;

function readText(bytes: Buffer): ProxyHeader {
  if (!beginsLike(bytes, V1)) return invalid('it is not one of version 1');
  const end = bytes.subarray(0, V1_BYTES).indexOf('\n');
  if (end < 0) return bytes.length < V1_BYTES ? MORE : invalid(`it is over ${V1_BYTES} bytes long`);
  const line = bytes.toString('latin1', V1.length, end);
  const length = end + 1;
  // What comes after that word is ignored, whatever it is.
  if (/^UNKNOWN(| .*)\r$/.test(line)) return { kind: 'unknown', length };
  const [, family, source = '', target = '', ...ports] =
    /^(TCP4|TCP6) (\S+) (\S+) (\d+) (\d+)\r$/.exec(line) ?? [];
  const isAddress = family === 'TCP4' ? isIPv4 : isPlainIPv6;
  const arePorts = ports.every((port) => PORT.test(port) && Number(port) <= 65_535);
  if (family === undefined || !isAddress(source) || !isAddress(target) || !arePorts) {
    return invalid('its line is not valid');
  }
  return { kind: 'client', address: canonicalAddress(source)!, length };
}

/** Without an interface, which means nothing on another machine. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%');

const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** The signature, the command, the family and the length: §2.2. */
const V2_HEAD_BYTES = 16;
/** With its extensions (TLVs), which are skipped; a chain of certificates may be among them. */
const V2_BYTES = 4_096;
const VERSION = 0x20;
const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;

interface Family {
  /** Of both addresses and their ports. */
  readonly bytes: number;
  readonly address?: (bytes: Buffer) => string;
}

/** By the number of the family. Clients on a unix socket of the proxy have no address. */
const FAMILIES: readonly Family[] = [
  { bytes: 0 },
  { bytes: 12, address: (bytes) => bytes.subarray(0, 4).join('.') },
  { bytes: 36, address: (bytes) => (bytes.toString('hex', 0, 16).match(/.{4}/g) ?? []).join(':') },
  { bytes: 216 },
];

function readBinary(bytes: Buffer): ProxyHeader {
  if (!beginsLike(bytes, V2)) return invalid('it is not one of version 2');
  if (bytes.length < V2_HEAD_BYTES) return MORE;
  const command = bytes[12]! ^ VERSION;
  const kind = bytes[13]!;
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  if (command !== LOCAL && command !== PROXY) return invalid('its version or command is not known');
  if (length > V2_BYTES) return invalid(`it is over ${V2_BYTES} bytes long`);
  const family = FAMILIES[kind >> 4];
  if (command === PROXY) {
    if (family === undefined) return invalid('its family of addresses is not known');
    if (kind >> 4 > 0 && (kind & 0xf) !== STREAM) return invalid('it is not of a stream');
    if (length < V2_HEAD_BYTES + family.bytes) return invalid('it is shorter than its addresses');
  }
  if (bytes.length < length) return MORE;
  if (command === LOCAL) return { kind: 'proxy', length };
  const address = family?.address?.(bytes.subarray(V2_HEAD_BYTES, length));
  if (address === undefined) return { kind: 'unknown', length };
  return { kind: 'client', address: canonicalAddress(address)!, length };
}
