/**
 * What the admin port says in JSON to programs and to the operator's page: types alone.
 *
 * Its files import nothing but types of the same kind, because the page is checked as code of a browser. Nothing here holds a
 * secret: no values of the config, no query, no user information of a URL, no value of a header or a cookie. Points in
 * time are ISO 8601; sizes are bytes. Fields may be added; none changes its meaning.
 */
export type { PluginReport } from '../observe/plugin-report.ts';
export type * from './page-data/snapshot.ts';
export type * from './page-data/status.ts';
export type * from './page-data/requests.ts';
export type * from './page-data/try.ts';
export type * from './page-data/mirrors.ts';
export type * from './page-data/migration.ts';
export type * from './page-data/operations.ts';
export type * from './page-data/orders.ts';
