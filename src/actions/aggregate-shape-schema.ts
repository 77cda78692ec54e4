/** The keys of a part that say what of its answer goes out, and where. */
import { z } from 'zod';
import { memberPath, oneOrMore, valuePath } from '../config/schema/types.ts';

const name = () => z.string().min(1).max(256);

/** In the order in which they apply. */
export const shapeKeys = {
  unwrap: memberPath()
    .optional()
    .describe(
      'Takes what this path of the answer leads to, such as `data` or `orders[].lines[]`; with `[]` or `*`, a list of all of it. Applies first.',
    ),
  flatten: z
    .record(name(), oneOrMore(memberPath()))
    .optional()
    .describe(
      'Adds lists: under each name, everything that the paths lead to, such as `tags: "items[].tags[]"`. Applies second.',
    ),
  pick: z
    .array(memberPath())
    .min(1)
    .optional()
    .describe(
      'Fields to keep: `a`, `b.c`, `items[].price`, `*.id`; a path that leads nowhere is left out. Without it, all of them.',
    ),
  omit: z
    .array(memberPath())
    .min(1)
    .optional()
    .describe('Fields to leave out: `a`, `b.c`, `items[].cost`. Applies after `pick`.'),
  rename: z
    .record(memberPath(), name())
    .optional()
    .describe(
      'New names of fields: `customer_id: customerId`, `"items[].sku": id`; the name replaces the last of the path. Applies after `omit`.',
    ),
  collection: name()
    .optional()
    .describe(
      'Puts a list into an object, under this name; any other answer is a failure. Applies last.',
    ),
};

export const placeKeys = {
  as: valuePath()
    .optional()
    .describe('Its place in the response, such as `customer.address`; default: its name.'),
  spread: z
    .boolean()
    .default(false)
    .describe('Puts the fields of its object into the response itself, in the place of the part.'),
};
