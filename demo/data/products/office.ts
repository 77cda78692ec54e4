/** The category office: a desk and what stands on it. */
import { shelf } from './product.ts';

export const office = shelf('office', [
  {
    id: 'p19',
    name: 'Plinth standing desk',
    description:
      'A desk of solid oak that rises from 62 to 127 cm without a sound. It remembers four ' +
      'heights and stops for knees, cats and drawers.',
    price: 64_900,
    rating: 4.7,
    reviews: 174,
    attributes: { top: 'oak, 140 × 70 cm', height: '62–127 cm', load: '90 kg' },
  },
  {
    id: 'p20',
    name: 'Perch task chair',
    description:
      'A chair that follows the back instead of telling it where to be. Mesh back, wool ' +
      'seat, every part replaceable with one hex key.',
    price: 48_900,
    rating: 4.6,
    reviews: 309,
    attributes: { 'seat height': '41–54 cm', load: '130 kg', warranty: '10 years' },
  },
  {
    id: 'p21',
    name: 'Lumen desk lamp',
    description:
      'A lamp with the light of a north window: even, flicker-free, no glare on the screen. ' +
      'The arm stays where a finger leaves it.',
    price: 12_900,
    rating: 4.5,
    reviews: 586,
    attributes: { light: '900 lm, CRI 97', colour: 'brass', power: '11 W' },
  },
  {
    id: 'p22',
    name: 'Clack mechanical keyboard',
    description:
      'A low keyboard with quiet tactile switches that can be changed without solder. Ten ' +
      'keys fewer than usual, and the mouse moves closer.',
    price: 13_900,
    rating: 4.4,
    reviews: 1417,
    attributes: { layout: 'ISO, 75 %', switches: 'tactile, 45 g', connection: 'USB-C, Bluetooth' },
  },
  {
    id: 'p23',
    name: 'Folio dotted notebook',
    description:
      'Two hundred numbered pages of paper that fountain pens do not bleed through. It lies ' +
      'flat from the first page and has an index to find things again.',
    price: 2_200,
    rating: 4.8,
    reviews: 2630,
    attributes: { format: 'A5', paper: '100 g/m²', pages: '200' },
  },
  {
    id: 'p24',
    name: 'Harbour laptop stand',
    description:
      'A stand of folded steel that lifts a laptop to eye height and slips into a sleeve. ' +
      'Rubber where it touches, nothing where it does not.',
    price: 5_400,
    rating: 4.2,
    reviews: 744,
    attributes: { fits: '11–16 inches', weight: '620 g', material: 'recycled steel' },
  },
]);
