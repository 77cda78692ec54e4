/** What the gateway depends on besides upstreams: certificates, Redis, key sets. */
import { h } from '../dom.js';
import { ago, counted, lasting } from '../format.js';
import { badge, code, section } from '../parts.js';

/** @import { CertificateStatus, PluginReport } from '../../page-data.ts' */
/** @import { Page } from '../router.js' */

/** @param {Page} page */
export function dependencies({ snapshot: { plugins, certificates }, now }) {
  if (plugins.length + certificates.length === 0) return '';
  return section(
    'Depends on',
    h(
      'ul',
      { class: 'plain rows' },
      ...certificates.map((certificate) => h('li', {}, ...certificateLine(certificate))),
      ...plugins.map((report) => h('li', {}, ...reportLine(report, now()))),
    ),
  );
}

/** @param {CertificateStatus} certificate */
const certificateLine = ({ name, daysLeft, expiresAt }) => [
  badge(
    daysLeft < 3 ? 'bad' : daysLeft < 14 ? 'warn' : 'ok',
    daysLeft < 0 ? 'expired' : counted(daysLeft, 'day'),
  ),
  h(
    'div',
    {},
    'Certificate of ',
    code(name),
    h('div', { class: 'under' }, `until ${expiresAt.slice(0, 10)}`),
  ),
];

/**
 * @param {PluginReport} report
 * @param {number} now
 */
const reportLine = ({ plugin, kind, name, ok, since, lastError, facts }, now) => [
  badge(ok ? 'ok' : 'warn', ok ? 'fine' : 'fails'),
  h(
    'div',
    {},
    `${plugin}: ${kind} `,
    code(name),
    h(
      'div',
      { class: 'under' },
      [
        ...Object.entries(facts).map(([fact, value]) => `${words(fact)} ${value}`),
        since && lasting(since, now),
        lastError && `last error ${ago(lastError.at, now)}: ${lastError.why}`,
      ]
        .filter(Boolean)
        .join(' · '),
    ),
  ),
];

/** `ageSeconds` as `age seconds`. @param {string} name */
const words = (name) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
