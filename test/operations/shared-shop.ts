/** One Postgres, one gateway and one ledger for all tests of a `describe`, each of which finds the ledger empty. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { ownPostgres, type PostgresServer } from '../helpers/postgres.ts';
import { openShop, type Section, type Shop, type ShopOptions } from './gateways.ts';
import { Ledger } from './shop.ts';

/** Engines start slowly on a busy machine. */
export const PATIENCE_MS = 90_000;

/** Open once the first test runs. */
export interface SharedShop {
  readonly ledger: Ledger;
  readonly shop: Shop;
  readonly postgres: PostgresServer;
}

/** @param store options besides its address */
export function sharedShop(
  store: Section = {},
  more: Omit<ShopOptions, 'store' | 'url'> = {},
): SharedShop {
  const ledger = new Ledger();
  const postgres = ownPostgres();
  let shop: Shop;
  beforeAll(async () => {
    await ledger.listen();
    const options = { store: { postgres: postgres.url(), ...store }, url: ledger.url };
    shop = await openShop({ ...options, ...more });
  }, PATIENCE_MS);
  beforeEach(() => ledger.clear());
  afterAll(async () => {
    await shop.gateway.close();
    ledger.close();
  });
  return {
    ledger,
    get shop() {
      return shop;
    },
    get postgres() {
      return postgres;
    },
  };
}
