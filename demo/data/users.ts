/** The customers of the shop, u1 to u8. */

export interface Address {
  readonly street: string;
  readonly city: string;
  readonly postcode: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly tier: 'standard' | 'silver' | 'gold';
  /** Day of registration, YYYY-MM-DD. */
  readonly since: string;
  readonly address: Address;
  /** 0 to 1. For the shop's own eyes: a backend for frontend must leave it out. */
  readonly internalRiskScore: number;
}

const ROWS: readonly User[] = [
  {
    id: 'u1',
    name: 'Ada Meyer',
    email: 'ada.meyer@example.com',
    tier: 'gold',
    since: '2021-03-14',
    address: { street: 'Lindenstraße 12', city: 'Berlin', postcode: '10969', country: 'DE' },
    internalRiskScore: 0.04,
  },
  {
    id: 'u2',
    name: 'Tomás Ferreira',
    email: 'tomas.ferreira@example.com',
    tier: 'standard',
    since: '2025-06-02',
    address: { street: 'Rua das Flores 88', city: 'Porto', postcode: '4050-265', country: 'PT' },
    internalRiskScore: 0.31,
  },
  {
    id: 'u3',
    name: 'Noor de Vries',
    email: 'noor.devries@example.com',
    tier: 'silver',
    since: '2022-11-20',
    address: { street: 'Oudegracht 201', city: 'Utrecht', postcode: '3511 NH', country: 'NL' },
    internalRiskScore: 0.09,
  },
  {
    id: 'u4',
    name: 'Camille Laurent',
    email: 'camille.laurent@example.com',
    tier: 'standard',
    since: '2024-01-09',
    address: { street: '7 rue de la Charité', city: 'Lyon', postcode: '69002', country: 'FR' },
    internalRiskScore: 0.18,
  },
  {
    id: 'u5',
    name: 'Oisín Byrne',
    email: 'oisin.byrne@example.com',
    tier: 'silver',
    since: '2023-05-30',
    address: { street: '31 Camden Street', city: 'Dublin', postcode: 'D02 X285', country: 'IE' },
    internalRiskScore: 0.12,
  },
  {
    id: 'u6',
    name: 'Giulia Conti',
    email: 'giulia.conti@example.com',
    tier: 'gold',
    since: '2020-09-01',
    address: { street: 'Via Saragozza 54', city: 'Bologna', postcode: '40123', country: 'IT' },
    internalRiskScore: 0.02,
  },
  {
    id: 'u7',
    name: 'Mikko Lahtinen',
    email: 'mikko.lahtinen@example.com',
    tier: 'standard',
    since: '2026-02-17',
    address: { street: 'Hämeenkatu 19', city: 'Tampere', postcode: '33200', country: 'FI' },
    internalRiskScore: 0.44,
  },
  {
    id: 'u8',
    name: 'Zofia Nowak',
    email: 'zofia.nowak@example.com',
    tier: 'standard',
    since: '2024-08-25',
    address: { street: 'ul. Długa 40', city: 'Kraków', postcode: '31-146', country: 'PL' },
    internalRiskScore: 0.23,
  },
];

export const USERS: ReadonlyMap<string, User> = new Map(ROWS.map((user) => [user.id, user]));
