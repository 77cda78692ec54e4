/** Tokens as an attacker writes them, for issuers of four kinds whose real keys sign where that helps. */
import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  type SignKeyObjectInput,
} from 'node:crypto';
import { type Issuer, now } from './issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const ES_ISSUER = 'https://issuer.example';
const RSA_ISSUER = 'https://rsa.example';
const ED_ISSUER = 'https://ed.example';
const HS_ISSUER = 'https://hs.example';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ed = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' });

/** Besides `shop`, whose key set is fetched. */
export const ISSUERS = {
  rsa: { issuer: RSA_ISSUER, audience: 'shop', key: pem(rsa.publicKey), algorithms: ['RS256'] },
  ed: { issuer: ED_ISSUER, audience: 'shop', key: pem(ed.publicKey), algorithms: ['EdDSA'] },
  hs: { issuer: HS_ISSUER, audience: 'shop', secret: SECRET, algorithms: ['HS256'] },
};

type Bytes = string | Uint8Array;
type Sign = (signed: string) => Bytes;

export const b64 = (bytes: Bytes): string => Buffer.from(bytes as string).toString('base64url');
const json = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
const jws = (head: unknown, claims: unknown, sign: Sign): string => {
  const signed = `${b64(json(head))}.${claims instanceof Uint8Array ? b64(claims) : b64(json(claims))}`;
  return `${signed}.${b64(sign(signed))}`;
};

const hmac =
  (secret: Bytes, hash = 'sha256'): Sign =>
  (signed) =>
    createHmac(hash, secret).update(signed).digest();
const by =
  (key: KeyObject, hash: string | null, more: Partial<SignKeyObjectInput> = {}): Sign =>
  (signed) =>
    signBytes(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363', ...more });
const bytes =
  (length: number, value = 0): Sign =>
  () =>
    Buffer.alloc(length, value);

const good = (iss: string, more: object = {}): object => ({
  iss,
  aud: 'shop',
  sub: 'u1',
  exp: now() + 300,
  ...more,
});
const hs = (claims: unknown, head: object | string = {}, sign = hmac(SECRET)): string =>
  jws(
    typeof head === 'string' ? head : { alg: 'HS256', typ: 'JWT', ...head },
    typeof claims === 'object' && !(claims instanceof Uint8Array) && !Array.isArray(claims)
      ? claims && good(HS_ISSUER, claims)
      : claims,
    sign,
  );
const rs = (head: object, sign: Sign): string =>
  jws({ alg: 'RS256', ...head }, good(RSA_ISSUER), sign);
const eddsa = (sign: Sign): string => jws({ alg: 'EdDSA' }, good(ED_ISSUER), sign);
const es = (head: object, sign: Sign): string =>
  jws({ alg: 'ES256', kid: 'key-1', ...head }, good(ES_ISSUER), sign);

/** A good token of `shop` with its signature changed. */
function resigned(issuer: Issuer, change: (signature: Buffer) => Bytes): string {
  const [head, claims, signature = ''] = issuer.sign().split('.');
  return `${head}.${claims}.${b64(change(Buffer.from(signature, 'base64url')))}`;
}

const text = (member: string): string =>
  `{"iss":"${HS_ISSUER}","aud":"shop","exp":${now() + 300},${member}}`;
const head = (member: string): string => `{"alg":"HS256",${member}}`;
const nested = (open: string, close: string): string => `${open.repeat(60)}1${close.repeat(60)}`;
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;

export type Hostile = readonly [what: string, token: (issuer: Issuer) => string];

/** The good ones they are made from: a table of what is refused for another reason proves nothing. */
export const GOOD: readonly Hostile[] = [
  ['of the key set', (issuer) => issuer.sign()],
  ['of an RSA key', () => rs({}, by(rsa.privateKey, 'sha256'))],
  ['of an Edwards key', () => eddsa(by(ed.privateKey, null))],
  ['of a secret', () => hs({})],
  ['whose claims are written by hand', () => hs(text('"sub":"u1"'))],
];

/** Refused for what they say: no signature is checked, and no key is looked for. */
export const REFUSED_UNREAD: readonly Hostile[] = [
  // Algorithms.
  ['alg none, not signed', () => hs({}, { alg: 'none' }, bytes(0))],
  ['alg none, signed', () => hs({}, { alg: 'none' })],
  ['alg None', () => hs({}, { alg: 'None' })],
  ['alg nOnE', () => hs({}, { alg: 'nOnE' })],
  ['an empty alg', () => hs({}, { alg: '' })],
  ['no alg', () => hs({}, '{"typ":"JWT"}')],
  ['an alg that is a number', () => hs({}, { alg: 256 })],
  ['an alg that is null', () => hs({}, { alg: null })],
  ['an alg that is a list', () => hs({}, { alg: ['HS256'] })],
  ['an alg with a space', () => hs({}, { alg: 'HS256 ' })],
  ['an alg in lower case', () => hs({}, { alg: 'hs256' })],
  ['HMAC with the RSA key’s PEM', () => rs({ alg: 'HS256' }, hmac(pem(rsa.publicKey)))],
  ['HMAC with that PEM, trimmed', () => rs({ alg: 'HS256' }, hmac(pem(rsa.publicKey).trim()))],
  [
    'HMAC with the RSA key’s DER',
    () => rs({ alg: 'HS256' }, hmac(rsa.publicKey.export({ type: 'spki', format: 'der' }))),
  ],
  ['HMAC with the key set', (own) => es({ alg: 'HS256' }, hmac(JSON.stringify(own.keySet)))],
  ['HMAC with the JWK', (own) => es({ alg: 'HS256' }, hmac(JSON.stringify(own.keySet.keys[0])))],
  ['another HMAC with the real secret', () => hs({}, { alg: 'HS384' }, hmac(SECRET, 'sha384'))],
  ['RS512 of the real RSA key', () => rs({ alg: 'RS512' }, by(rsa.privateKey, 'sha512'))],
  ['ES384 of a P-384 key', () => es({ alg: 'ES384' }, by(curve('P-384'), 'sha384'))],
  ['ES256K', () => es({ alg: 'ES256K' }, by(curve('secp256k1'), 'sha256'))],
  ['RS256 for an HMAC issuer', () => hs({}, { alg: 'RS256' }, by(rsa.privateKey, 'sha256'))],
  // Signatures that can be none.
  ['no signature', () => hs({}, {}, bytes(0)).slice(0, -1)],
  ['an empty signature', () => hs({}, {}, bytes(0))],
  ['half a MAC', () => hs({}, {}, (signed) => (hmac(SECRET)(signed) as Buffer).subarray(0, 16))],
  ['a MAC and a byte', () => hs({}, {}, bytes(33, 1))],
  ['ES256 with r = 0 and s = 0', () => es({}, bytes(64))],
  [
    'ES256 with r = 0',
    (own) => resigned(own, (s) => Buffer.concat([Buffer.alloc(32), s.subarray(32)])),
  ],
  [
    'ES256 with s = 0',
    (own) => resigned(own, (s) => Buffer.concat([s.subarray(0, 32), Buffer.alloc(32)])),
  ],
  ['ES256 in DER', () => es({}, by(curve('P-256'), 'sha256', { dsaEncoding: 'der' }))],
  ['ES256 that is too short', (own) => resigned(own, (s) => s.subarray(0, 63))],
  ['ES256 that is too long', (own) => resigned(own, (s) => Buffer.concat([s, Buffer.alloc(1)]))],
  ['ES256 of a P-384 key', () => es({}, by(curve('P-384'), 'sha256'))],
  ['RS256 of 1024 bits', () => rs({}, bytes(128, 1))],
  ['EdDSA that is too short', () => eddsa(bytes(63, 1))],
  // Extensions and types.
  ['crit', () => hs({}, { crit: ['exp'], exp: 1 })],
  ['an empty crit', () => hs({}, { crit: [] })],
  ['a crit that is text', () => hs({}, { crit: 'exp' })],
  ['a crit that is null', () => hs({}, { crit: null })],
  ['a payload that is not encoded', () => hs({}, { crit: ['b64'], b64: false })],
  ['b64 without crit', () => hs({}, { b64: false })],
  ['the type of a logout token', () => hs({}, { typ: 'logout+jwt' })],
  ['the type of an encrypted token', () => hs({}, { typ: 'JWE' })],
  ['a type that only begins well', () => hs({}, { typ: 'JWT\u0000' })],
  ['a type that is a number', () => hs({}, { typ: 1 })],
  // Key ids.
  ['a kid that is a number', () => hs({}, { kid: 7 })],
  ['a kid that is null', () => hs({}, { kid: null })],
  ['a kid that is an object', () => hs({}, { kid: { $gt: '' } })],
  ['an empty kid', () => hs({}, { kid: '' })],
  ['a very long kid', () => hs({}, { kid: 'k'.repeat(257) })],
  ['a kid with NUL', () => hs({}, { kid: 'key-1\u0000.pem' })],
  ['a kid with a line end', () => hs({}, { kid: 'key-1\r\nx: y' })],
  ['a kid that is no ASCII', () => hs({}, { kid: 'kéy' })],
  // Members that stand twice.
  ['alg twice', () => hs({}, '{"alg":"none","alg":"HS256"}')],
  ['kid twice', () => hs({}, head('"kid":"a","kid":"b"'))],
  ['sub twice', () => hs(text('"sub":"u1","sub":"admin"'))],
  ['exp twice', () => hs(text(`"exp":${now() + 300}`))],
  ['sub twice, once escaped', () => hs(text('"sub":"u1","s\\u0075b":"admin"'))],
  ['a member twice, further in', () => hs(text('"act":{"sub":"u1" , "sub" :"admin"}'))],
  ['__proto__ twice', () => hs(text('"__proto__":{},"__proto__":{"roles":["admin"]}'))],
  // What is no JSON, or too much of it.
  ['lists within lists', () => hs(text(`"x":${nested('[', ']')}`))],
  ['maps within maps', () => hs(text(`"x":${nested('{"a":', '}')}`))],
  ['lists in the head', () => hs({}, head(`"x":${nested('[', ']')}`))],
  ['a comma too many', () => hs(text('"x":1,'))],
  ['a comment', () => hs(text('"x":1/* y */'))],
  ['a byte order mark', () => hs(`\ufeff${text('"x":1')}`)],
  ['two documents', () => hs(`${text('"x":1')}{}`)],
  ['NaN', () => hs(text('"nbf":NaN'))],
  ['bytes that are no UTF-8', () => hs(Buffer.from(text('"sub":"\xff"'), 'latin1'))],
  ['overlong UTF-8', () => hs(Buffer.from(text('"sub":"\xc0\xae"'), 'latin1'))],
  ['half a surrogate in UTF-8', () => hs(Buffer.from(text('"sub":"\xed\xa0\x80"'), 'latin1'))],
  ['claims that are text', () => hs('"claims"')],
  ['claims that are a number', () => hs('1')],
  ['claims that are null', () => hs('null')],
  ['claims that are a list', () => hs('[]')],
  ['a head that is a list', () => hs({}, '["HS256"]')],
  ['a head that is no JSON', () => hs({}, 'alg=HS256')],
  // Times.
  ['no exp', () => hs({ exp: undefined })],
  ['an exp that has passed', () => hs({ exp: now() - 60 })],
  ['exp 0', () => hs({ exp: 0 })],
  ['an exp below zero', () => hs({ exp: -1 })],
  ['an exp that is text', () => hs({ exp: `${now() + 300}` })],
  ['an exp that is true', () => hs({ exp: true })],
  ['an exp that is null', () => hs({ exp: null })],
  ['an exp that is a list', () => hs({ exp: [now() + 300] })],
  ['an exp in milliseconds', () => hs({ exp: Date.now() + 300_000 })],
  ['an exp at infinity', () => hs(`{"iss":"${HS_ISSUER}","aud":"shop","exp":1e999}`)],
  ['a huge exp', () => hs({ exp: 1e300 })],
  ['an nbf to come', () => hs({ nbf: now() + 60 })],
  ['an nbf that is text', () => hs({ nbf: '0' })],
  ['an iat to come', () => hs({ iat: now() + 60 })],
  ['an iat that is text', () => hs({ iat: 'today' })],
  // The same of the issuer whose keys would have to be fetched.
  ['an exp that has passed, of the key set', (own) => own.sign({ exp: now() - 60 })],
  ['an nbf to come, of the key set', (own) => own.sign({ nbf: now() + 60 })],
  ['another audience, of the key set', (own) => own.sign({ aud: 'other' })],
  ['a sub that is a number, of the key set', (own) => own.sign({ sub: 1 })],
  // Whom it is from, and for.
  ['another issuer', () => hs({ iss: 'https://evil.example' })],
  ['no issuer', () => hs({ iss: undefined })],
  ['a list of issuers', () => hs({ iss: [HS_ISSUER] })],
  ['an issuer with a slash more', () => hs({ iss: `${HS_ISSUER}/` })],
  ['an issuer in upper case', () => hs({ iss: HS_ISSUER.toUpperCase() })],
  ['another audience', () => hs({ aud: 'other' })],
  ['no audience', () => hs({ aud: undefined })],
  ['an empty list of audiences', () => hs({ aud: [] })],
  ['an audience that is an object', () => hs({ aud: { shop: true } })],
  ['an audience among numbers', () => hs({ aud: ['shop', 1] })],
  ['an audience in upper case', () => hs({ aud: 'SHOP' })],
  ['an audience with a space', () => hs({ aud: 'shop ' })],
  ['an audience that is a part', () => hs({ aud: 'shop,other' })],
  ['a sub that is a number', () => hs({ sub: 1 })],
  ['a sub that is an object', () => hs({ sub: { id: 'admin' } })],
  ['a jti that is a number', () => hs({ jti: 1 })],
  // Shape.
  ['nothing but dots', () => '..'],
  ['one part', () => hs({}).split('.')[0]!],
  ['two parts', () => hs({}).split('.').slice(0, 2).join('.')],
  ['four parts', () => `${hs({})}.${b64('x')}`],
  ['five parts, as an encrypted one', () => `${hs({})}.${b64('iv')}.${b64('tag')}`],
  ['a dot before it', () => `.${hs({})}`],
  ['a dot behind it', () => `${hs({})}.`],
  ['no head', () => hs({}).replace(/^[^.]*/, '')],
  ['no claims', () => hs({}).replace(/\.[^.]*\./, '..')],
  ['more bytes than honest ones', () => hs({ x: 'x'.repeat(8_000) })],
  ['a space within', () => hs({}).replace('.', ' .')],
  ['a tab within', () => hs({}).replace('.', '.\t')],
  ['a space for a dot', () => hs({}).replace('.', ' ')],
  ['padding', () => `${hs({})}=`],
  ['padded claims', () => hs({}).replace(/\.([^.]*)\./, '.$1=.')],
  ['standard base64', () => hs({}).replace(/.$/, '/')],
  ['a percent sign', () => hs({}).replace('.', '%2E')],
  ['quotes around it', () => `"${hs({})}"`],
  ['another one behind a comma', () => `${hs({})},${hs({})}`],
  ['bytes that are no ASCII', () => `${hs({})}\xe4`],
  ['a signature that is spelt otherwise', (own) => respelt(own.sign(), 2)],
  ['claims that are spelt otherwise', () => respelt(hs(text('"sub":"u12"')), 1)],
  ['nothing', () => ''],
];

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes, with other bits behind them. */
function respelt(token: string, index: number): string {
  const parts = token.split('.');
  const part = parts[index]!;
  if (part.length % 4 === 0) throw new RangeError('this part has no bits to spare');
  parts[index] = part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1)!) ^ 1]!;
  return parts.join('.');
}

const evil = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const byEvil = by(evil.privateKey, 'sha256');

/** What only a look at the keys can tell. `elsewhere` is the attacker's own server. */
export const REFUSED_BY_KEY = (elsewhere: string): readonly Hostile[] => [
  [
    'r and s swapped',
    (own) => resigned(own, (s) => Buffer.concat([s.subarray(32), s.subarray(0, 32)])),
  ],
  ['a bit flipped', (own) => resigned(own, (s) => s.with(40, s[40]! ^ 1))],
  ['r and s as large as can be', () => es({}, bytes(64, 0xff))],
  ['r = s = 1', () => es({}, () => Buffer.alloc(64).fill(1, 31, 32).fill(1, 63, 64))],
  ['the signature of another key', () => es({}, byEvil)],
  ['the signature of a key on another curve', () => es({}, by(curve('secp256k1'), 'sha256'))],
  ['the key in its head', () => es({ jwk: evil.publicKey.export({ format: 'jwk' }) }, byEvil)],
  ['the address of a key set', () => es({ jku: `${elsewhere}/keys` }, byEvil)],
  ['the address of a certificate', () => es({ x5u: `${elsewhere}/cert` }, byEvil)],
  ['a certificate', () => es({ x5c: [b64('a certificate')] }, byEvil)],
  [
    'other claims',
    (own) => own.sign().replace(/\.[^.]*\./, `.${b64(json(good(ES_ISSUER, { sub: 'admin' })))}.`),
  ],
  ['another head', (own) => own.sign().replace(/^[^.]*/, b64('{"alg":"ES256","kid":"key-1"}'))],
  ['a MAC of zeros', () => hs({}, {}, bytes(32))],
  ['a MAC with no secret', () => hs({}, {}, hmac(''))],
  ['a MAC with half the secret', () => hs({}, {}, hmac(SECRET.slice(0, 32)))],
  ['RS256 of zeros', () => rs({}, bytes(256))],
  ['RS256 of ones', () => rs({}, bytes(256, 0xff))],
  [
    'RS256 with the padding of PS256',
    () => rs({}, by(rsa.privateKey, 'sha256', { padding: 6, saltLength: 32 })),
  ],
  ['EdDSA of zeros', () => eddsa(bytes(64))],
  ['EdDSA of another key', () => eddsa(by(generateKeyPairSync('ed25519').privateKey, null))],
];

/** Keys that are in no set: each is looked for once more, and then refused. */
export const UNKNOWN_KEYS = (elsewhere: string): readonly Hostile[] =>
  [
    '../../../../dev/null',
    '/proc/sys/kernel/randomize_va_space',
    "' UNION SELECT 'secret' --",
    '|/usr/bin/id',
    `${elsewhere}/key`,
    '__proto__',
    'constructor',
    'KEY-1',
    'key-1 ',
  ].map((kid) => [`the kid ${kid}`, () => es({ kid }, byEvil)]);
