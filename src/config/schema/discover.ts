/** The schema of `discover`: where an upstream's targets are looked up. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { oneOrMore, origin, positiveDuration, secretFieldValue, shown } from './types.ts';

/** Labels of letters, digits, `-` and `_`: RFC 1035 §2.3.1, and the `_` of RFC 2782. */
const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOSTNAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** In lower case; a dot at its end stays, which says that the name is whole. */
const hostname = () =>
  z.string().transform((text, context) => {
    const name = text.toLowerCase();
    if (HOSTNAME.test(name.replace(/\.$/, '')) && isIP(name) === 0) return name;
    const message =
      isIP(name) === 0
        ? `${shown(text)} is not a name such as "orders.svc.local"`
        : `${shown(text)} is an address, not a name: list it under targets`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** `10.0.0.2`, `10.0.0.2:53`, `::1` or `[::1]:53`. */
const nameServer = () =>
  z.string().refine(isNameServer, {
    error: (issue) =>
      `${shown(issue.input)} is not the address of a DNS server, such as "10.0.0.2:53"`,
  });

function isNameServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, six, four, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const family = six === undefined ? 4 : 6;
  return isIP(six ?? four ?? '') === family && Number(port) > 0 && Number(port) < 65_536;
}

const scheme = () =>
  z.enum(['http', 'https']).default('http').describe('What the targets speak: `http` or `https`.');

/** For editors; `check-upstreams.ts` tells the same with its place. */
const PORT_BY_TYPE = {
  allOf: [
    {
      anyOf: [
        { required: ['port'] },
        { properties: { type: { not: { enum: ['A', 'AAAA'] } } }, required: ['type'] },
      ],
    },
    {
      anyOf: [{ not: { required: ['port'] } }, { properties: { type: { not: { const: 'SRV' } } } }],
    },
  ],
};

export const DnsDiscovery = z
  .strictObject({
    dns: hostname().describe(
      'Name to look up. Without a `resolver`, the hosts file comes first and search domains are tried; a trailing dot marks the name as complete.',
    ),
    type: z
      .enum(['A', 'AAAA', 'SRV'])
      .default('A')
      .describe('Records to ask for; SRV records bring ports, priorities and weights.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Port of every target; required for A and AAAA, not allowed for SRV.'),
    refresh: positiveDuration()
      .optional()
      .describe('Time between look-ups. Default: the TTL, between 1 s and 5 m; 10 s for SRV.'),
    scheme: scheme(),
    resolver: oneOrMore(nameServer())
      .optional()
      .describe(
        "DNS servers to ask instead, such as `10.0.0.2:53`: for complete names, without the system's files.",
      ),
  })
  .meta(PORT_BY_TYPE);

/** Longest wait that Consul grants. */
const MAX_WAIT_MS = 600_000;

export const ConsulDiscovery = z.strictObject({
  consul: origin('the Consul API is at the root').describe(
    'Origin of a Consul agent, such as `http://127.0.0.1:8500`.',
  ),
  service: z.string().min(1).describe('Name of the service; its passing instances are targets.'),
  tag: oneOrMore(z.string().min(1))
    .optional()
    .describe('Only instances that have this tag, or all of these tags.'),
  datacenter: z.string().min(1).optional().describe("Default: the agent's own."),
  token: secretFieldValue().min(1).optional().describe('ACL token: `${CONSUL_TOKEN}`.'),
  scheme: scheme(),
  wait: positiveDuration()
    .refine((ms) => ms >= 1_000 && ms <= MAX_WAIT_MS, 'must be from 1s to 10m')
    .prefault('55s')
    .describe('How long Consul may hold a query while nothing changes; from 1 s to 10 m.'),
});

/** Where targets are looked up. */
export const Discover = z.union([DnsDiscovery, ConsulDiscovery]);

export type ParsedDiscover = z.output<typeof Discover>;
