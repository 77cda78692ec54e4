/** What `npm start` prints once everything is up: addresses, a token, and commands to paste. */
import { type Addresses, DEFAULT_PORT_BASE, SERVICE_NAMES } from '../addresses.ts';

export interface SummaryOptions {
  readonly addresses: Addresses;
  /** By name, the gateway among them. */
  readonly pids: ReadonlyMap<string, number>;
  readonly token: string;
  /** Whether orders can be fulfilled. */
  readonly hasStore: boolean;
}

/** The line that starts a service again, on the ports of this demo. */
export function restartCommand(name: string, { services }: Addresses): string {
  const base = services.issuer.port;
  const env = base === DEFAULT_PORT_BASE ? '' : `DEMO_PORT_BASE=${base} `;
  return `${env}npm run demo -- ${name}`;
}

export function summary(options: SummaryOptions): string {
  const { token, addresses } = options;
  return [
    '',
    `Watch it in a browser: ${addresses.admin.url}`,
    '',
    table(options),
    '',
    `TOKEN=${token}`,
    '',
    commands(options),
    '',
  ].join('\n');
}

function table({ addresses: { services, gateway, admin }, pids }: SummaryOptions): string {
  const rows = [
    ['', 'address', 'pid'],
    ['gateway', gateway.url, pids.get('gateway')],
    ['gateway (admin)', admin.url, pids.get('gateway')],
    ...SERVICE_NAMES.map((name) => [name, services[name].url, pids.get(name)]),
  ];
  return rows
    .map(([name, url, pid]) => `  ${String(name).padEnd(17)}${String(url).padEnd(24)}${pid}`)
    .join('\n');
}

/** The comments are above the commands: pasted behind one, zsh would take them for arguments. */
function commands({ addresses, pids, hasStore }: SummaryOptions): string {
  const { services, gateway, admin } = addresses;
  const authorized = `curl -H "Authorization: Bearer $TOKEN" ${gateway.url}`;
  const slow = `curl -X POST -H 'content-type: application/json' -d '{"delay":3000}'`;
  const load = `npm run load -- --admin ${admin.url} --token "$TOKEN"`;
  const payments = services.payments.url;
  return [
    'Set TOKEN in your shell with the line above (user u1, 12 hours), then try:',
    '',
    ...step('one order, forwarded to orders', `${authorized}/api/orders/42`),
    ...step('four services in one answer', `${authorized}/api/orders/42/summary`),
    ...step('the home screen of the mobile app', `${authorized}/mobile/home`),
    ...step('one order, as small as the mobile app needs it', `${authorized}/mobile/orders/42`),
    ...step('a product page of the web shop, from five services', `${authorized}/web/products/p1`),
    ...step('the account page of the web shop', `${authorized}/web/account`),
    ...step(
      'the public API, with a key of the plan "free"',
      `curl -H 'x-api-key: demo-free-key-4d1f8a62' '${gateway.url}/public/v1/products?limit=3'`,
    ),
    ...step('the public catalog: no token', `curl '${gateway.url}/api/products?limit=3'`),
    ...(hasStore ? fulfilment(authorized, gateway.url) : []),
    ...step('metrics, for Prometheus', `curl ${admin.url}/metrics`),
    ...step('status: routes, upstreams, circuits', `curl ${admin.url}/status`),
    '',
    'Break something, and ask for the four services in one answer again:',
    '',
    ...step('kill payments: the summary still works without it', `kill ${pids.get('payments')}`),
    ...step('start it again, in another terminal', restartCommand('payments', addresses)),
    ...step('make it slow, by 3 s', `${slow} ${payments}/_fault`),
    ...step('undo that', `curl -X DELETE ${payments}/_fault`),
    '',
    ...(hasStore
      ? []
      : ['With STORE=embedded npm start, it also fulfils orders: see README.md.', '']),
    `Change ${hasStore ? 'demo/fulfilment.config.yaml' : 'gateway.config.yaml'} and save it: it is applied at once, or refused at its line.`,
    '',
    'Put load on it, started with RATE_LIMIT=1000000000 npm start, or most requests are over the limit:',
    '',
    ...step(
      '64 connections for 10 s, and what they cost',
      `${load} --url ${gateway.url}/api/orders/42`,
    ),
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}

/** The first order of this demo has the number 1000. */
function fulfilment(authorized: string, gateway: string): string[] {
  const post = authorized.replace(/ \S+$/, ` -H 'content-type: application/json'`);
  const order = `-d '{"customerId":"u1","lines":[{"productId":"p1","quantity":1}]}'`;
  return [
    ...step('an order, number 1000', `${post} ${order} ${gateway}/api/orders`),
    ...step(
      'its fulfilment, a saga over four services; all of it is undone if one of them refuses',
      `${post} -H 'Prefer: wait=5' -d '{"orderId":"1000"}' ${gateway}/api/fulfilments`,
    ),
    ...step('what it was, and others', `${authorized}/operations`),
  ];
}

function step(shows: string, command: string): string[] {
  return [`# ${shows}`, command];
}
