/** The shops with a door. */
export interface Store {
  readonly id: string;
  readonly city: string;
  readonly street: string;
  /** Opening hours on a weekday, of the place's own time. */
  readonly hours: string;
}

export const STORES: readonly Store[] = [
  { id: 's1', city: 'Berlin', street: 'Kastanienallee 21', hours: '10:00–19:00' },
  { id: 's2', city: 'Lyon', street: 'Rue Mercière 8', hours: '09:30–18:30' },
  { id: 's3', city: 'Porto', street: 'Rua das Flores 112', hours: '10:00–20:00' },
];
