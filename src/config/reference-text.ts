/** What stands above the tables of docs/configuration.md. Its whole configs are loaded by a test. */

const EXAMPLE = [
  '```yaml',
  '# yaml-language-server: $schema=./gateway.schema.json',
  'version: 1',
  '',
  'upstreams:',
  '  orders: { targets: ["${ORDERS_URL:-http://orders:4001}"] }',
  '  payments:',
  '    targets: [http://payments-1:4001, http://payments-2:4001]',
  '    timeout: 1s',
  '',
  'plugins:',
  '  jwt:',
  '    issuers:',
  '      shop:',
  '        issuer: https://login.example.com',
  '        jwks: https://login.example.com/.well-known/jwks.json',
  '        algorithms: [ES256]',
  '',
  'defaults:',
  '  routes:',
  '    jwt: { issuer: shop }',
  '    rateLimit: { max: 100, window: 1m, by: consumer }',
  '',
  'routes:',
  '  orders:',
  '    match: { path: /api/orders/*, methods: [GET, POST] }',
  '    upstream: orders',
  '    rewrite: /orders/*',
  '  summary:',
  '    match: { path: "/api/orders/{id}/summary", methods: [GET] }',
  '    aggregate:',
  '      order: { upstream: orders, path: "/orders/{id}", required: true }',
  '      payment: { upstream: payments, path: "/payments/{order.paymentId}", default: { status: unknown } }',
  '  ping:',
  '    match: { path: /ping }',
  '    jwt: false',
  '    rateLimit: false',
  '    respond: { body: pong }',
  '```',
];

const CHECKING = [
  '## Checking',
  '',
  '```sh',
  'portico validate --config gateway.config.yaml    # every fault at once; exit 0, or 78; --json for tools',
  'portico schema --config gateway.config.yaml      # writes gateway.schema.json, for editors',
  'portico reference --config gateway.config.yaml   # prints this page, with the options of your plugins',
  '```',
  '',
  'A config with a fault never serves. Each fault says where it is, and what would be right:',
  '',
  '```text',
  'gateway.config.yaml:12:5  routes.orders.upstrem: unknown key; did you mean "upstream"?',
  '```',
  '',
  'A route that can never win against another is a warning; the config serves.',
];

const UNITS = [
  '## Units',
  '',
  '| type | written as |',
  '|---|---|',
  '| duration | `250ms`, `2s`, `1.5m`, `1h`; up to 24 days |',
  '| size | `512B`, `64KiB`, `1MiB`, `2GiB` |',
  '| share | `20%`, `0.5%` |',
  '',
  'A bare number is refused where a unit is needed.',
];

const SOURCES = [
  '## Sources',
  '',
  'Where a limit takes its key from:',
  '',
  '| source | is |',
  '|---|---|',
  '| `consumer` | who the token says it is; the address where nobody is known |',
  "| `address` | the client's address |",
  '| `route` | one key for all |',
  '| `header:x-name` | a request header |',
  '| `cookie:name` | a cookie |',
  '| `claim:name` | a claim of the token; the route needs `jwt` |',
];

const ENVIRONMENT = [
  '## Environment',
  '',
  '| written | becomes |',
  '|---|---|',
  '| `${NAME}` | the variable; a fault where it is not set |',
  '| `${NAME:-default}` | the variable; `default` where it is not set or empty |',
  '| `${file:/run/secrets/key}` | what the file holds, without its last line break; 64 KiB at most |',
  '| `$${` | `${`, as it stands |',
  '',
  'Placeholders stand in values, never in keys, and are replaced after the file has been parsed: a value can',
  'not add keys. A bare `${PORT}` that is a number or a truth value is one; in quotes, or beside other text, it',
  'stays text. A value that turns out to be empty counts as not written. Faults name the placeholder, never',
  'its value.',
  '',
  'Inside `{ }` and `[ ]`, YAML wants quotes around `"${X}"`, `"/a/{id}"` and `"*.example.com"`.',
];

const SPREADING = [
  '## Several files',
  '',
  '```yaml',
  'include: [./routes/*.yaml]',
  '```',
  '',
  'The files may hold any section; their `upstreams`, `routes` and `plugins` are added to those of the first',
  'file. A name that is defined twice is a fault that names both places. Names of modules that start with `./`',
  'start at the folder of the file they stand in. Anchors, aliases and merges (`<<`) work within one file.',
];

const DEFAULTS = [
  '## Defaults and overrides',
  '',
  '- Every upstream has a deadline, timeouts, a bulkhead, a breaker and careful retries without a word.',
  '- `defaults.routes` holds plugin keys for every route, `defaults.upstreams` options for every upstream.',
  "- A route's or upstream's own key replaces the default as a whole; `false` takes it away.",
  "- A route's `deadline`, `timeout`, `idleTimeout`, `retry` and `limits` replace those of its upstream and server.",
];

const DISCOVERY = [
  '## Discovery',
  '',
  'An upstream lists its `targets`, or looks them up with `discover`:',
  '',
  '```yaml',
  'upstreams:',
  '  orders: { discover: { dns: orders.svc.local, port: 8080 } }',
  '  payments: { discover: { dns: _http._tcp.payments.svc.local, type: SRV, refresh: 5s } }',
  '  search: { discover: { consul: "http://127.0.0.1:8500", service: search, token: "${CONSUL_TOKEN}" } }',
  '```',
  '',
  '- Every address of a name is a target; the name, not the address, is what it gets as `Host`.',
  '- SRV records bring port, priority and weight (RFC 2782). Weights are shared by the addresses of a name; 0 is a',
  '  hundredth of 1 where others have more.',
  '- Consul tells of the passing instances of a service, with their weights, the moment they change.',
  '- What fails is tried again, ever more seldom, up to every 30 s.',
];

const ACTIONS = [
  '## Routes',
  '',
  'A route has a `match`, exactly one action (`upstream`, `aggregate`, `bff`, `redirect` or `respond`), and any',
  'number of plugin keys. Of several routes that match, the first in this order wins: higher `priority` · exact host,',
  'longer wildcard, none · exact path, path with parameters, longer prefix, regex · methods given · more headers and',
  'cookies · more query parameters · earlier in the file.',
];

export const INTRODUCTION = [
  ['# Configuration'],
  [
    'Portico reads one YAML file, `gateway.config.yaml`. Keys it does not know are faults, never ignored.',
    'This page is written by `portico reference`; change the schema in `src/config/`, not this file.',
  ],
  EXAMPLE,
  CHECKING,
  UNITS,
  SOURCES,
  ENVIRONMENT,
  SPREADING,
  DEFAULTS,
  DISCOVERY,
  ACTIONS,
]
  .map((lines) => lines.join('\n'))
  .join('\n\n');
