/**
 * Admits or refuses clients by their address.
 *
 * It uses the address that the gateway knows: behind a proxy that is not under `server.trustedProxies`,
 * that is the proxy's.
 */
import {
  type AddressRange,
  addressRange,
  AddressSet,
  definePlugin,
  GatewayError,
  includesRange,
  rangeText,
  type RequestHook,
  z,
} from 'portico';

const Options = z
  .strictObject({
    allow: z
      .array(addressRange())
      .min(1)
      .optional()
      .describe('Addresses or networks to admit; if absent, all that are not denied.'),
    deny: z
      .array(addressRange())
      .default([])
      .describe('Addresses or networks to refuse, whatever `allow` says.'),
  })
  .describe('Admits clients by their address; others get 403.');
export default definePlugin({
  name: 'ip',
  settings: z.strictObject({}),
  options: Options,
  *check({ allow, deny }) {
    if (allow === undefined && deny.length === 0) {
      yield { path: [], message: 'does nothing: give it "allow", "deny", or both' };
    }
  },
  document: () => ({ errors: ['GW_ADDRESS_DENIED'] }),
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined) return;
      const wide = after === undefined || (before.allow !== undefined && after.allow === undefined);
      if (wide && before.allow !== undefined) {
        yield { path: ['allow'], message: 'clients of any address are admitted', severity: 'high' };
      }
      const more = (before.allow && after?.allow?.filter(notIn(before.allow))) ?? [];
      if (more.length > 0) {
        const message = `clients of ${more.map(rangeText).join(', ')} are admitted too`;
        yield { path: ['allow'], message };
      }
      const admitted = before.deny.filter(notIn(after?.deny ?? []));
      if (admitted.length === 0) return;
      const message = `clients of ${admitted.map(rangeText).join(', ')} are no longer denied`;
      yield { path: ['deny'], message };
    },
  },
  register: () => ({
    route({ allow, deny }) {
      const allowed = allow && new AddressSet(allow);
      const denied = new AddressSet(deny);
      const admit: RequestHook = ({ gateway: { address } }) => {
        if (!denied.has(address) && allowed?.has(address) !== false) return;
        throw new GatewayError('GW_ADDRESS_DENIED', 'requests from this address are refused');
      };
      return { phase: 'ip', onRequest: admit, explain: admit };
    },
  }),
});

/** Says of a range that none of `ranges` includes it; several together might. */
const notIn =
  (ranges: readonly AddressRange[]) =>
  (range: AddressRange): boolean =>
    !ranges.some((wide) => includesRange(wide, range));
