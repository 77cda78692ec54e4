/** The category audio: headphones, speakers and a record player. */
import { shelf } from './product.ts';

export const audio = shelf('audio', [
  {
    id: 'p1',
    name: 'Wren over-ear headphones',
    description:
      'Closed-back headphones with memory-foam cushions and a band that folds flat. Noise ' +
      'cancelling takes the edge off trains and open offices, and a charge lasts a working ' +
      'week.',
    price: 17_900,
    rating: 4.6,
    reviews: 1284,
    attributes: { colour: 'graphite', weight: '254 g', battery: '38 h' },
  },
  {
    id: 'p2',
    name: 'Pebble portable speaker',
    description:
      'A palm-sized speaker that sounds larger than it is. It floats, shrugs off sand, and ' +
      'two of them pair to a stereo set without an app.',
    price: 6_900,
    rating: 4.4,
    reviews: 873,
    attributes: { colour: 'slate blue', weight: '410 g', protection: 'IP67' },
  },
  {
    id: 'p3',
    name: 'Larch bookshelf speakers',
    description:
      'A pair of two-way speakers in real larch veneer. The front port forgives a place ' +
      'close to the wall, so they suit a shelf as well as a stand.',
    price: 34_900,
    rating: 4.8,
    reviews: 211,
    attributes: { finish: 'larch', impedance: '8 ohm', 'sold as': 'pair' },
  },
  {
    id: 'p4',
    name: 'Dipper in-ear headphones',
    description:
      'Light in-ears with four sizes of tips and a case that fits a coin pocket. Calls stay ' +
      'clear in the wind thanks to three microphones a side.',
    price: 9_900,
    rating: 4.1,
    reviews: 2045,
    attributes: { colour: 'white', weight: '5 g each', battery: '8 h + 24 h' },
  },
  {
    id: 'p5',
    name: 'Turnstone record player',
    description:
      'A belt-driven turntable with a carbon arm and a built-in phono stage. It arrives ' +
      'balanced: put the mat on, lower the needle, done.',
    price: 24_900,
    rating: 4.5,
    reviews: 356,
    attributes: { drive: 'belt', speeds: '33, 45 rpm', arm: 'carbon' },
  },
  {
    id: 'p6',
    name: 'Burrow studio microphone',
    description:
      'A large-capsule USB microphone for voices and podcasts. A touch mutes it, a ring of ' +
      'light says so, and the stand keeps desk thumps out.',
    price: 12_900,
    rating: 4.3,
    reviews: 498,
    attributes: { pattern: 'cardioid', connection: 'USB-C', sampling: '24 bit / 96 kHz' },
  },
]);
