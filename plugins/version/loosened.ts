/** Which changes serve versions that were refused before. */
import type { PluginLoosening } from 'portico';
import { livesOf, type Options, type Settings } from './options.ts';

export const loosened: PluginLoosening<Settings, Options> = {
  *ofOptions(before, after) {
    if (before === undefined) return;
    const now = after === undefined ? [] : livesOf(after);
    for (const { name, life, path } of livesOf(before)) {
      if (life.afterSunset !== 'gone') continue;
      const same = now.find((each) => each.name === name);
      // A version that is not listed any more is refused, unless nothing looks at versions.
      if (same === undefined && after?.from !== undefined) continue;
      if (same?.life.afterSunset === 'gone' && same.life.sunset! <= life.sunset!) continue;
      const which = name === undefined ? 'the version' : name;
      const message = `${which} is served for longer than it was to be`;
      yield { path: [...path, 'sunset'], message, severity: 'low' };
    }
  },
};
