/** What an audit says of splits. */
import type { ActionRisks } from '../config/actions.ts';
import type { SplitConfig } from '../routes/split-config.ts';
import { forward } from './forward.ts';
import { weightsAt } from '../routes/split-weights.ts';

export const splitRisks: ActionRisks<SplitConfig> = {
  rules: { ...forward.risks?.rules, 'split-not-sticky': 'low', 'ramp-over': 'low' },
  *find({ sides, sticky }, now) {
    // The keys of the route, which all sides share.
    yield* forward.risks?.find(sides[0]!.forward, now) ?? [];
    const { weights, until } = weightsAt(sides, now);
    const isDivided =
      until < Number.POSITIVE_INFINITY || weights.filter((each) => each > 0).length > 1;
    if (sticky === undefined && isDivided) {
      const message =
        'a client may get another side with each request: give "sticky" the source of a key';
      yield { rule: 'split-not-sticky', path: ['split'], message };
    }
    for (const [i, { ramp }] of sides.entries()) {
      const last = ramp.at(-1);
      if (last === undefined || last.atMs > now) continue;
      const message = `its last step has come: write "weight: ${last.weight}" instead`;
      yield { rule: 'ramp-over', path: ['split', i, 'ramp'], message };
    }
  },
};
