/** The category kitchen: things to cook, grind and brew with. */
import { shelf } from './product.ts';

export const kitchen = shelf('kitchen', [
  {
    id: 'p7',
    name: 'Ember cast-iron pan',
    description:
      'A 26 cm pan, seasoned three times with flaxseed oil before it leaves the foundry. It ' +
      'goes from hob to oven to table and outlives its owner.',
    price: 5_900,
    rating: 4.7,
    reviews: 1932,
    attributes: { diameter: '26 cm', weight: '2.4 kg', hob: 'all, induction too' },
  },
  {
    id: 'p8',
    name: 'Millstone hand grinder',
    description:
      'A hand grinder with 48 mm steel burrs and forty steps from espresso to press. Thirty ' +
      'grams take half a minute and no socket.',
    price: 11_900,
    rating: 4.6,
    reviews: 640,
    attributes: { burrs: 'steel, 48 mm', capacity: '30 g', steps: '40' },
  },
  {
    id: 'p9',
    name: 'Still pour-over kettle',
    description:
      'A gooseneck kettle that holds any temperature from 40 to 100 degrees for an hour. ' +
      'The handle balances when the kettle is full, which most do not.',
    price: 8_900,
    rating: 4.5,
    reviews: 717,
    attributes: { volume: '0.9 l', power: '1200 W', colour: 'matt black' },
  },
  {
    id: 'p10',
    name: 'Sorrel chef’s knife',
    description:
      'A 20 cm blade of layered steel, thin behind the edge and kind to wrists. It comes ' +
      'sharp, with a beech guard and a free first sharpening.',
    price: 13_900,
    rating: 4.8,
    reviews: 402,
    attributes: { blade: '20 cm', hardness: '61 HRC', handle: 'smoked oak' },
  },
  {
    id: 'p11',
    name: 'Crock fermenting jar',
    description:
      'A three-litre stoneware jar with a water seal and two weights. Cabbage goes in on ' +
      'Sunday and is sauerkraut three weeks later.',
    price: 4_900,
    rating: 4.4,
    reviews: 288,
    attributes: { volume: '3 l', material: 'stoneware', dishwasher: 'yes' },
  },
  {
    id: 'p12',
    name: 'Juniper mortar and pestle',
    description:
      'Two kilos of unpolished granite that stay where they are put. The rough bowl turns ' +
      'seeds to powder instead of chasing them around.',
    price: 3_900,
    rating: 4.2,
    reviews: 533,
    attributes: { material: 'granite', diameter: '14 cm', weight: '2.1 kg' },
  },
]);
