/** The category outdoor: tents, lamps and packs. */
import { shelf } from './product.ts';

export const outdoor = shelf('outdoor', [
  {
    id: 'p13',
    name: 'Fell two-person tent',
    description:
      'A tunnel tent that stands in four minutes and in strong wind. Two doors, two ' +
      'porches, and a floor that keeps out a week of Scottish rain.',
    price: 42_900,
    rating: 4.7,
    reviews: 327,
    attributes: { persons: '2', weight: '2.2 kg', 'water column': '5000 mm' },
  },
  {
    id: 'p14',
    name: 'Heron trekking poles',
    description:
      'Three-part carbon poles with cork grips and a lock that works in gloves. Folded they ' +
      'are shorter than a forearm.',
    price: 10_900,
    rating: 4.3,
    reviews: 265,
    attributes: { material: 'carbon', length: '105–130 cm', weight: '430 g the pair' },
  },
  {
    id: 'p15',
    name: 'Glow-worm camp lantern',
    description:
      'A lantern that dims from reading light to ember and hangs from its own hook. On low ' +
      'it shines for eleven nights, and it charges a phone in between.',
    price: 4_500,
    rating: 4.5,
    reviews: 1108,
    attributes: { light: '5–400 lm', battery: '220 h on low', protection: 'IPX5' },
  },
  {
    id: 'p16',
    name: 'Marmot down sleeping bag',
    description:
      'A three-season bag with responsibly sourced down and a collar that seals without ' +
      'strangling. Comfortable to minus four.',
    price: 31_900,
    rating: 4.6,
    reviews: 189,
    attributes: { comfort: '-4 °C', 'fill power': '750 cuin', weight: '980 g' },
  },
  {
    id: 'p17',
    name: 'Cairn 38 l backpack',
    description:
      'A pack for long weekends, with a back that lets air through and a lid that becomes a ' +
      'day bag. The rain cover lives in the bottom.',
    price: 15_900,
    rating: 4.4,
    reviews: 451,
    attributes: { volume: '38 l', weight: '1.3 kg', colour: 'moss' },
  },
  {
    id: 'p18',
    name: 'Tarn filter bottle',
    description:
      'Fill it at a stream and drink from the spout. The hollow-fibre filter takes out ' +
      'bacteria for a thousand litres and tells by its flow when it is spent.',
    price: 3_900,
    rating: 4.0,
    reviews: 922,
    attributes: { volume: '0.75 l', 'filter life': '1000 l', weight: '95 g' },
  },
]);
