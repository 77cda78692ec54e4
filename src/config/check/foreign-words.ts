/**
 * Words of other gateways and their names here: people who come from another gateway use its words.
 *
 * Kong, Traefik, KrakenD, Envoy, nginx, express-gateway, Spring Cloud Gateway. Each word is listed in one spelling:
 * case, `-` and `_` make no difference.
 */

type Row = readonly [words: string, means: string, example: string];
/** What is not there at all. */
type None = readonly [words: string, undefined, why: string];

const UPSTREAM = 'upstreams.*';
const ROUTE = 'routes.*';

/** By the place of the map that the word is in; list indexes are ignored. */
export const FOREIGN: Readonly<Record<string, readonly (Row | None)[]>> = {
  '': [
    [
      'services clusters backends serviceEndpoints',
      'upstreams',
      'upstreams: { orders: { targets: ["http://orders:4001"] } }',
    ],
    [
      'endpoints apiEndpoints locations rules routers',
      'routes',
      'routes: { orders: { match: { path: /orders/* }, upstream: orders } }',
    ],
    [
      'http https listen listener listeners entryPoints port host',
      'server',
      'server: { port: 8080 }',
    ],
    ['tls ssl certificates', 'server.tls', 'tls: { cert: ./cert.pem, key: ./key.pem }'],
    ['log logs logging accessLog', 'telemetry', 'telemetry: { logs: { level: info } }'],
    ['consumers users credentials', 'plugins.apiKey.consumers', 'consumers: {}'],
    ['cors', 'routes.*.cors', 'cors: { origins: ["https://shop.example.com"] }'],
    [
      'middlewares policies pipelines filters',
      undefined,
      'a plugin is a key of a route, or of "defaults.routes" for all of them',
    ],
  ],
  server: [
    ['ssl https certificate certificates', 'tls', 'tls: { cert: ./cert.pem, key: ./key.pem }'],
    ['listen bind address addr', 'host', 'host: 0.0.0.0'],
    ['timeout readTimeout requestTimeout', 'limits', 'limits: { idle: 30s }'],
    ['bodyLimit maxBodySize clientMaxBodySize', 'limits', 'limits: { body: 1MiB }'],
    [
      'trustProxy trustedIps realIp setRealIpFrom',
      'trustedProxies',
      'trustedProxies: [10.0.0.0/8]',
    ],
  ],
  [UPSTREAM]: [
    [
      'url urls uri server servers hosts endpoint endpoints nodes backend backends address addresses loadAssignment',
      'targets',
      'targets: ["http://orders:4001"]',
    ],
    ['weight', 'targets', 'targets: [{ url: "http://orders:4001", weight: 9 }]'],
    ['timeoutMs readTimeout proxyReadTimeout sendTimeout requestTimeout', 'timeout', 'timeout: 2s'],
    ['connectTimeoutMs proxyConnectTimeout dialTimeout', 'connectTimeout', 'connectTimeout: 1s'],
    ['retries numRetries maxRetries', 'retry', 'retry: { attempts: 2 }'],
    ['healthCheck healthChecks activeHealthCheck', 'health', 'health: { path: /healthz }'],
    ['circuitBreaker circuitBreakers', 'breaker', 'breaker: { consecutive: 5 }'],
    ['lb lbPolicy loadBalancing loadBalancer algorithm strategy', 'balance', 'balance: roundRobin'],
    ['outlierDetection passiveHealthCheck', 'outlier', 'outlier: { consecutive: 5 }'],
    [
      'maxConnections maxConns maxRequests concurrency maxInFlight',
      'bulkhead',
      'bulkhead: { concurrency: 128 }',
    ],
    ['dns consul srv serviceName sd', 'discover', 'discover: { dns: orders.internal, port: 4001 }'],
    ['passHostHeader preserveHost hostHeader', 'host', 'host: client'],
    [
      'tlsVerify insecureSkipVerify verify rejectUnauthorized insecure allowInsecureConnections',
      'tls',
      'tls: { ca: ./ca.pem }',
    ],
    ['protocol', undefined, 'the scheme of a target says it; "http2: true" for HTTP/2'],
  ],
  [ROUTE]: [
    [
      'stripPath stripPrefix prefixRewrite replacePath replacePathRegex pathRewrite urlRewrite rewriteTarget regexRewrite',
      'rewrite',
      'rewrite: /*',
    ],
    [
      'service serviceName serviceEndpoint backend backends cluster proxy proxyPass url uri target targets destination to upstreamUrl upstreams',
      'upstream',
      'upstream: orders',
    ],
    [
      'path paths prefix pathPrefix endpoint rule rules location locations from predicates method methods hosts host hostnames',
      'match',
      'match: { path: /orders/* }',
    ],
    ['timeoutMs readTimeout proxyReadTimeout requestTimeout', 'timeout', 'timeout: 2s'],
    ['retries numRetries maxRetries retryPolicy', 'retry', 'retry: { attempts: 2 }'],
    [
      'limit limitReq throttle throttling rateLimiting rateLimiter qosRatelimit',
      'rateLimit',
      'rateLimit: { max: 100, window: 1m }',
    ],
    [
      'ipRestriction ipAllowList ipWhiteList ipFilter whitelist allowlist allow deny blacklist',
      'ip',
      'ip: { allow: [10.0.0.0/8] }',
    ],
    ['keyAuth apiKeyAuth', 'apiKey', 'apiKey: {}'],
    [
      'oauth2 oidc openid openidConnect bearer jwtAuth authValidator',
      'jwt',
      'jwt: { issuer: shop }',
    ],
    [
      'authRequest extAuthz extAuth externalAuth',
      'forwardAuth',
      'forwardAuth: { upstream: auth, path: /check }',
    ],
    [
      'requestTransformer responseTransformer addHeader addHeaders setHeaders proxySetHeader moreSetHeaders customHeaders',
      'headers',
      'headers: { request: { set: { x-shop: "1" } } }',
    ],
    [
      'return directResponse staticResponse fixedResponse mock requestTermination',
      'respond',
      'respond: { status: 200 }',
    ],
    [
      'canary weighted weights weightedClusters weightedBackends trafficSplit splitClients splits',
      'split',
      'split: [{ upstream: shop }, { upstream: shop-next, weight: 10 }]',
    ],
    ['stickySession stickySessions sessionAffinity affinity', 'sticky', 'sticky: cookie:sid'],
    ['team maintainer contact', 'owner', 'owner: Team Orders'],
    ['circuitBreaker breaker', 'upstreams.*.breaker', 'breaker: { consecutive: 5 }'],
    [
      'bodyLimit maxBodySize clientMaxBodySize requestSizeLimiting',
      'limits',
      'limits: { body: 1MiB }',
    ],
    ['schema jsonSchema requestValidator', 'validate', 'validate: { body: { type: object } }'],
    ['websockets ws upgrade upgradeConfigs enableWebsocket', 'websocket', 'websocket: true'],
    [
      'shadow shadowing mirroring trafficMirror requestMirror requestMirrorPolicies',
      'mirror',
      'mirror: { upstream: next, percent: 10 }',
    ],
    ['cache caching proxyCache', undefined, 'nothing is cached'],
    ['gzip gzipOn brotli compression compressor', 'compress', 'compress: {}'],
    ['etags entityTag conditionalGet', 'etag', 'etag: {}'],
    [
      'middlewares plugins filters policies pipeline extraConfig',
      undefined,
      'a plugin is a key of its own, such as "rateLimit"',
    ],
  ],
  'routes.*.match': [
    ['prefix uri url location pathPrefix paths', 'path', 'path: /orders/*'],
    ['regex regexp pathRegexp safeRegex uriRegex', 'pathRegex', 'pathRegex: "/v[12]/.*"'],
    ['method verb verbs httpMethods', 'methods', 'methods: [GET]'],
    ['host hostname hostnames domain domains serverName sni', 'hosts', 'hosts: [shop.example.com]'],
    ['queryParams queryParameters queryString params', 'query', 'query: { beta: "1" }'],
  ],
  'routes.*.rateLimit': [
    [
      'limit requests requestsPerUnit rate average points count maxRequests maxRate burst tokens',
      'max',
      'max: 100',
    ],
    ['second minute hour day', 'window', 'max: 100, window: 1m'],
    [
      'period interval every per unit timeWindow duration windowMs windowSize ttl',
      'window',
      'window: 1m',
    ],
    ['key limitBy keyBy strategy identifier keyGenerator sourceCriterion', 'by', 'by: address'],
    ['redis store policy', 'plugins.rateLimit.store', 'store: memory'],
    ['dryRun', 'report', 'report: true'],
  ],
  'routes.*.compress': [
    [
      'minLength minContentLength minResponseBodyBytes minSize threshold gzipMinLength',
      'minimum',
      'minimum: 1KiB',
    ],
    [
      'mimeTypes contentTypes contentType includedContentTypes gzipTypes',
      'types',
      'types: [text/html, application/json]',
    ],
    ['algorithms defaultEncoding algorithm encoding', 'encodings', 'encodings: [br, gzip]'],
    ['compLevel compressionLevel quality gzipCompLevel levels', 'level', 'level: { gzip: 6 }'],
  ],
  'routes.*.jwt': [
    ['provider providers', 'issuer', 'issuer: shop'],
    ['scope', 'scopes', 'scopes: [orders:read]'],
    ['propagateClaims claimsToHeaders claimToHeaders', 'forward', 'forward: { sub: x-user-id }'],
    ['audience aud', 'plugins.jwt.issuers.*.audience', 'audience: shop'],
    [
      'jwks jwksUri jwksUrl jwkUrl',
      'plugins.jwt.issuers.*.jwks',
      'jwks: "https://id.example.com/jwks.json"',
    ],
    ['secret', 'plugins.jwt.issuers.*.secret', 'secret: "${SECRET}"'],
  ],
  'plugins.jwt.issuers.*': [
    [
      'jwksUri jwksUrl jwkUrl jwkSetUri remoteJwks',
      'jwks',
      'jwks: "https://id.example.com/jwks.json"',
    ],
    ['aud audiences', 'audience', 'audience: shop'],
    ['iss', 'issuer', 'issuer: "https://id.example.com"'],
    ['alg', 'algorithms', 'algorithms: [RS256]'],
    ['publicKey rsaPublicKey cert pem', 'key', 'key: ./issuer.pem'],
    ['clockSkew clockTolerance', 'leeway', 'leeway: 5s'],
  ],
  'routes.*.cors': [
    [
      'allowOrigins allowedOrigins allowOrigin origin accessControlAllowOriginList',
      'origins',
      'origins: ["https://shop.example.com"]',
    ],
    ['allowMethods allowedMethods', 'methods', 'methods: [GET]'],
    ['allowHeaders allowedHeaders', 'headers', 'headers: [content-type]'],
    ['exposeHeaders exposedHeaders', 'expose', 'expose: [x-total]'],
    ['allowCredentials', 'credentials', 'credentials: true'],
  ],
  'routes.*.ip': [
    [
      'whitelist allowlist sourceRange sourceRanges cidr cidrs ranges',
      'allow',
      'allow: [10.0.0.0/8]',
    ],
    ['blacklist denylist block', 'deny', 'deny: [10.0.0.0/8]'],
  ],
  'upstreams.*.retry': [
    ['retries numRetries count max maxAttempts maxRetries tries', 'attempts', 'attempts: 2'],
    ['retryOn conditions statuses statusCodes', 'on', 'on: [connect, 503]'],
  ],
  'upstreams.*.health': [
    ['uri url endpoint httpPath', 'path', 'path: /healthz'],
    ['healthyThreshold rise', 'healthy', 'healthy: 2'],
    ['unhealthyThreshold fall', 'unhealthy', 'unhealthy: 3'],
    ['period every', 'interval', 'interval: 5s'],
  ],
  'routes.*.aggregate.*': [
    ['service backend host', 'upstream', 'upstream: orders'],
    ['url urlPattern endpoint', 'path', 'path: "/orders/{id}"'],
    ['allow whitelist fields filter', 'pick', 'pick: [id]'],
    ['deny blacklist exclude hide', 'omit', 'omit: [secret]'],
    ['mapping map renames', 'rename', 'rename: { customer_id: customerId }'],
    ['target envelope root dataPath', 'unwrap', 'unwrap: data'],
    ['group', 'as', 'as: customer.address'],
    ['isCollection', 'collection', 'collection: items'],
    ['flatmap flatmapFilter', 'flatten', 'flatten: { tags: "items[].tags[]" }'],
    ['merge inline', 'spread', 'spread: true'],
    ['encoding', 'type', 'type: xml'],
    ['static', 'default', 'default: { status: unknown }'],
    ['returnErrorDetails errors', 'onError', 'onError: detail'],
  ],
  'routes.*.respond': [
    ['code statusCode', 'status', 'status: 200'],
    ['content text json', 'body', 'body: pong'],
  ],
  'routes.*.redirect': [
    ['url location target', 'to', 'to: /new/*'],
    ['code statusCode', 'status', 'status: 308'],
  ],
};
