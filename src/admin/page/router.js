/** Which view an address names: `#/routes/orders` is the view `routes` of `orders`; and what views are and get. */
import { configView } from './views/config.js';
import { explainView } from './views/explain.js';
import { migrationView } from './views/migration.js';
import { mirrorView } from './views/mirror.js';
import { mirrorsView } from './views/mirrors.js';
import { operationView } from './views/operation.js';
import { operationsView } from './views/operations.js';
import { overviewView } from './views/overview.js';
import { problemsView } from './views/problems.js';
import { requestView } from './views/request.js';
import { requestsView } from './views/requests.js';
import { routeView } from './views/route.js';
import { routesView } from './views/routes.js';
import { upstreamsView } from './views/upstreams.js';

/** @import { Snapshot, RouteStatus } from '../page-data.ts' */
/** @import { Api } from './api.js' */
/** @import { Dialogs } from './dialogs.js' */
/** @import { Child } from './dom.js' */
/** @import { History } from './history.js' */
/** @import { Token } from './token.js' */

/**
 * @typedef Page
 * @property {Snapshot} snapshot  the last one
 * @property {readonly RouteStatus[] | undefined} routes  those of the config; `undefined` until they have come
 * @property {History} history
 * @property {() => number} now  by the gateway's clock, in milliseconds since 1970
 * @property {Api} api
 * @property {Token} token
 * @property {Dialogs} dialogs
 * @property {() => void} redraw  draws the view again, soon
 * @property {(text: string) => void} say  tells it to people, by eye and by ear
 */
/**
 * What a view makes of the page; it is drawn again with each snapshot.
 *
 * @typedef View
 * @property {string} title
 * @property {() => Child[]} draw
 */
/** @typedef {(page: Page, parameter: string) => View} ViewMaker */

/** @type {Readonly<Record<string, ViewMaker>>} */
const VIEWS = {
  routes: (page, name) => (name === '' ? routesView(page) : routeView(page, name)),
  upstreams: upstreamsView,
  migration: migrationView,
  mirrors: (page, route) => (route === '' ? mirrorsView(page) : mirrorView(page, route)),
  operations: (page, id) => (id === '' ? operationsView(page) : operationView(page, id)),
  config: configView,
  problems: problemsView,
  requests: (page, id) => (id === '' ? requestsView(page) : requestView(page, id)),
  explain: explainView,
};

/**
 * @param {Page} page
 * @param {string} address  the hash of the location
 * @returns {View}
 */
export function currentView(page, address) {
  const { view, parameter } = readAddress(address);
  return (
    (Object.hasOwn(VIEWS, view) ? VIEWS[view] : undefined)?.(page, parameter) ?? overviewView(page)
  );
}

/**
 * @param {string} address
 * @returns {{ view: string, parameter: string }}
 */
export function readAddress(address) {
  const [, view = '', parameter = ''] = address.split('/');
  try {
    return { view, parameter: decodeURIComponent(parameter) };
  } catch {
    return { view, parameter: '' };
  }
}
