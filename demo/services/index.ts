/** Every service of the shop under its name; service.ts starts one of them. */
import type { FastifyInstance } from 'fastify';
import type { ServiceName } from '../addresses.ts';
import { catalog } from './catalog.ts';
import { inventory } from './inventory.ts';
import { issuer } from './issuer.ts';
import { monolith } from './monolith.ts';
import { orders } from './orders.ts';
import { payments } from './payments.ts';
import { recommendations } from './recommendations.ts';
import { shipping } from './shipping.ts';
import { users } from './users.ts';

/** Makes a service that will be found at `url`. */
export const SERVICES: Readonly<Record<ServiceName, (url: string) => FastifyInstance>> = {
  issuer: (url) => issuer({ issuer: url }),
  users: () => users(),
  catalog: () => catalog(),
  orders: () => orders(),
  payments: () => payments(),
  inventory: () => inventory(),
  recommendations: () => recommendations(),
  monolith: () => monolith(),
  shipping: () => shipping(),
};
