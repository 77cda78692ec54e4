/** The findings of `portico audit` about versions. */
import type { PluginRisks } from 'portico';
import { livesOf, type Options, type Settings } from './options.ts';

export const risks: PluginRisks<Settings, Options> = {
  rules: { 'past-sunset': 'low', 'deprecated-without-link': 'low' },
  *ofOptions(options, _others, _known, now) {
    for (const { life, path } of livesOf(options)) {
      const { deprecated, sunset, link, afterSunset } = life;
      if (sunset !== undefined && sunset <= now && afterSunset !== 'gone') {
        const message =
          'clients were told that it has ended, but it is served: remove it, or set afterSunset: gone';
        yield { rule: 'past-sunset', path: [...path, 'sunset'], message };
      }
      if (deprecated !== undefined && link === undefined) {
        const message = 'clients learn that they should move on, but not where to: give it a link';
        yield { rule: 'deprecated-without-link', path: [...path, 'deprecated'], message };
      }
    }
  },
};
