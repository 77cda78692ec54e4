/** Puts the page together: the stream of snapshots, the view that the address names, and what surrounds both. */
import { alarmsOf } from './alarms.js';
import { createApi, Refusal } from './api.js';
import { followEvents } from './connection.js';
import { createDialogs } from './dialogs.js';
import { draw } from './dom.js';
import { drawHead, drawTabs } from './frame.js';
import { createHistory } from './history.js';
import { createNews } from './news.js';
import { createRoutesList } from './routes-list.js';
import { currentView } from './router.js';
import { followTheme, toggleTheme } from './theme.js';
import { keptToken } from './token.js';
import { waiting } from './views/waiting.js';

/** @import { Snapshot } from '../page-data.ts' */
/** @import { Connection } from './connection.js' */
/** @import { Page, View } from './router.js' */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Connection} */
let connection = { kind: 'connecting' };
/** @type {Snapshot | undefined} */
let snapshot;
/** Of the gateway's clock against ours, in milliseconds. */
let skewMs = 0;
/** @type {View} */
let view;
let isDrawing = false;

const main = byId('main');
const token = keptToken(sessionStorage);
const api = createApi(() => (token.value === '' ? {} : { authorization: `Bearer ${token.value}` }));
const history = createHistory();
const list = createRoutesList(api, redraw);
const news = createNews(byId('told'));
const dialogs = createDialogs({
  dialog: /** @type {HTMLDialogElement} */ (byId('dialog')),
  token,
  hasToken: () => snapshot?.gateway.hasToken === true,
  check: async () => {
    await api.get('requests').catch((error) => {
      if (error instanceof Refusal && error.status === 404) return;
      throw error;
    });
  },
});

/** @type {Page} */
const page = {
  get snapshot() {
    if (snapshot === undefined) throw new Error('no view is drawn before the first snapshot');
    return snapshot;
  },
  get routes() {
    return list.routes;
  },
  history,
  now: () => Date.now() + skewMs,
  api,
  token,
  dialogs,
  redraw,
  say: (text) => news.say(text),
};

function redraw() {
  if (isDrawing) return;
  isDrawing = true;
  // Not in an animation frame: those stop in a tab in the background, and the title is seen there.
  queueMicrotask(() => {
    isDrawing = false;
    drawAll();
  });
}

function drawAll() {
  const alarms = snapshot === undefined ? [] : alarmsOf(snapshot, page.now());
  const urgent = alarms.filter(({ level }) => level === 'bad' || level === 'warn').length;
  document.title = `${urgent > 0 ? `(${urgent}) ` : ''}${view.title} – Portico`;
  drawHead(byId('head'), {
    snapshot,
    connection,
    hasGivenToken: token.value !== '',
    onToken: () => {
      if (token.value === '') {
        void dialogs.askToken().then(redraw);
      } else {
        token.forget();
        redraw();
      }
    },
    onTheme: () => toggleTheme(localStorage),
    onRetry: () => stream.retry(),
  });
  drawTabs(byId('tabs'), snapshot);
  if (snapshot === undefined) draw(main, ...waiting(connection));
  else draw(main, ...view.draw());
}

function navigate() {
  const isFirst = view === undefined;
  view = currentView(page, location.hash);
  draw(main);
  drawAll();
  scrollTo(0, 0);
  if (!isFirst) main.querySelector('h1')?.focus({ preventScroll: true });
}

followTheme(localStorage, redraw);
const stream = followEvents({
  headers: () => (token.value === '' ? {} : { authorization: `Bearer ${token.value}` }),
  onSnapshot(next) {
    skewMs = Date.parse(next.at) - Date.now();
    news.compare(snapshot, next, page.now());
    snapshot = next;
    history.add(next);
    void list.follow(next);
    redraw();
  },
  onConnection(next) {
    news.connection(connection, next);
    connection = next;
    redraw();
  },
});
addEventListener('hashchange', navigate);
addEventListener('online', () => stream.retry());
document.addEventListener('visibilitychange', () => stream.retry());
// Ages and waits go on while no snapshot comes.
setInterval(() => connection.kind !== 'live' && redraw(), 1_000);
navigate();
