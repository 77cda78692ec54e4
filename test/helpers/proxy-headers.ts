/** Headers of the PROXY protocol, as proxies write them. */
import { isIPv4 } from 'node:net';

/** Version 1. */
export const line = (address: string): string =>
  isIPv4(address)
    ? `PROXY TCP4 ${address} 10.0.0.1 56324 443\r\n`
    : `PROXY TCP6 ${address} ::1 56324 443\r\n`;

export interface BinaryOptions {
  /** Version and command. Default: PROXY. */
  readonly command?: number;
  /** Family and transport. Default: those of `address`. */
  readonly kind?: number;
  readonly address?: string;
  readonly tlvs?: Buffer;
  /** Instead of addresses and TLVs. */
  readonly body?: Buffer;
}

/** Version 2. */
export function binary({ command = 0x21, kind, address = '203.0.113.7', ...more }: BinaryOptions) {
  const source = bytesOf(address);
  const addresses = Buffer.concat([source, Buffer.alloc(source.length + 4)]);
  const body = more.body ?? Buffer.concat([addresses, more.tlvs ?? Buffer.alloc(0)]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  head[12] = command;
  head[13] = kind ?? (source.length === 4 ? 0x11 : 0x21);
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  if (mapped !== undefined) {
    return Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), bytesOf(mapped)]);
  }
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: zeros }, () => '0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
