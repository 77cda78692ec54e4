/** Addresses and networks as the config writes them: `10.0.0.0/8`, `::1`. */
import { BlockList, isIP, SocketAddress } from 'node:net';

/** What stands for the address of clients on a unix socket, which have none. */
export const UNIX_PEER = 'unix';

export interface AddressRange {
  readonly family: 'ipv4' | 'ipv6' | 'unix';
  readonly address: string;
  /** Bits that count: 32 or 128 for one address. */
  readonly prefix: number;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/**
 * Reads an address or a CIDR (RFC 4632, RFC 4291 §2.3), or `unix`: all clients on unix sockets.
 *
 * @throws {RangeError} that says what is wrong
 */
export function parseAddressRange(text: string): AddressRange {
  if (text === UNIX_PEER) return { family: 'unix', address: UNIX_PEER, prefix: 128 };
  const [address = '', bits, ...rest] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) {
    throw new RangeError(`"${text}" is not an address or a network such as 10.0.0.0/8 or ::1`);
  }
  const longest = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || prefix > longest)) {
    throw new RangeError(`"${text}": the part after the / must be 0 to ${longest}`);
  }
  const inside = MAPPED.exec(spelled(address, family));
  if (inside !== null) throw new RangeError(`"${text}" is IPv4 inside IPv6: write it as IPv4`);
  return { family, address, prefix };
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  // An interface (`fe80::1%eth0`) means nothing to another machine.
  if (address.includes('%')) return undefined;
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

const spelled = (address: string, family: 'ipv4' | 'ipv6'): string =>
  family === 'ipv4' ? address : new SocketAddress({ address, family }).address;

/**
 * One spelling for each address: IPv6 as RFC 5952 has it, and IPv4 that is mapped into IPv6 as IPv4;
 * `undefined` if it is not an address.
 */
export function canonicalAddress(text: string): string | undefined {
  const family = familyOf(text);
  if (family === undefined) return undefined;
  const address = spelled(text, family);
  return MAPPED.exec(address)?.[1] ?? address;
}

/** Are all addresses of `narrow` in `wide`? */
export const includesRange = (wide: AddressRange, narrow: AddressRange): boolean =>
  wide.family === narrow.family &&
  wide.prefix <= narrow.prefix &&
  new AddressSet([wide]).has(narrow.address);

/** As the config writes it. */
export const rangeText = ({ family, address, prefix }: AddressRange): string =>
  family === 'unix' ? address : `${address}/${prefix}`;

/** Tells which addresses are in any of some ranges; a text that is neither an address nor `unix` is in none. */
export class AddressSet {
  /** One list for each family: in one for both, `::/0` would hold all of IPv4 too. */
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();
  readonly #hasUnix: boolean;

  constructor(ranges: readonly AddressRange[]) {
    this.#hasUnix = ranges.some(({ family }) => family === 'unix');
    for (const { family, address, prefix } of ranges) {
      if (family === 'unix') continue;
      const list = family === 'ipv4' ? this.#ipv4 : this.#ipv6;
      list.addSubnet(address, prefix, family);
    }
  }

  has(text: string): boolean {
    if (text === UNIX_PEER) return this.#hasUnix;
    const address = canonicalAddress(text.split('%')[0]!);
    if (address === undefined) return false;
    return address.includes(':')
      ? this.#ipv6.check(address, 'ipv6')
      : this.#ipv4.check(address, 'ipv4');
  }
}
