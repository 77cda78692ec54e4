/** A DNS server on a loopback port, as far as discovery asks: A, AAAA and SRV over UDP (RFC 1035). */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface SrvData {
  readonly priority?: number;
  readonly weight?: number;
  readonly port: number;
  readonly name: string;
}

/** What the server says of a name; a type that is left out has no records. */
export type Entry =
  | 'SERVFAIL'
  | 'silence'
  | {
      /** Seconds. Default 60. */
      readonly ttl?: number;
      /** Milliseconds until it answers, for all types or by type. Default 0. */
      readonly after?: number | Partial<Record<'A' | 'AAAA', number>>;
      readonly A?: readonly string[];
      readonly AAAA?: readonly string[];
      readonly SRV?: readonly SrvData[];
    };

export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** May be changed at any time; a name that is not in it does not exist. */
  readonly zone: Map<string, Entry>;
  /** `A orders.svc`, for each question so far. */
  readonly questions: readonly string[];
}

const TYPES: Readonly<Record<number, 'A' | 'AAAA' | 'SRV'>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };
const NO_ERROR = 0;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;

/** Ends with the test. */
export async function startDnsServer(entries: Readonly<Record<string, Entry>>): Promise<DnsServer> {
  const zone = new Map(Object.entries(entries));
  const questions: string[] = [];
  const pending = new Set<NodeJS.Timeout>();
  const socket = createSocket('udp4');
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${TYPES[type] ?? type} ${name}`);
    const entry = zone.get(name);
    if (entry === 'silence') return;
    const reply = entry === 'SERVFAIL' ? SERVER_FAILURE : entry ? NO_ERROR : NAME_ERROR;
    const records = typeof entry === 'object' ? recordsOf(entry, type) : [];
    const send = (): void =>
      socket.send(encode(query, end, reply, records), from.port, from.address);
    const wait = afterOf(entry, type);
    if (wait === 0) send();
    else pending.add(setTimeout(send, wait));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    for (const timer of pending) clearTimeout(timer);
    socket.close();
  });
  return { address: `127.0.0.1:${socket.address().port}`, zone, questions };
}

function afterOf(entry: Entry | undefined, type: number): number {
  if (typeof entry !== 'object') return 0;
  const { after = 0 } = entry;
  return typeof after === 'number' ? after : (after[type === 28 ? 'AAAA' : 'A'] ?? 0);
}

/** The first question: RFC 1035 §4.1.2. `end` is where it ends. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const name = labels.join('.').toLowerCase();
  return { name, type: query.readUInt16BE(at + 1), end: at + 5 };
}

interface ResourceRecord {
  readonly type: number;
  readonly ttl: number;
  readonly data: Buffer;
}

function recordsOf(
  { ttl = 60, A = [], AAAA = [], SRV = [] }: Exclude<Entry, string>,
  type: number,
) {
  const datas = { 1: A.map(encodeIPv4), 28: AAAA.map(encodeIPv6), 33: SRV.map(encodeSrv) }[type];
  return (datas ?? []).map((data): ResourceRecord => ({ type, ttl, data }));
}

/** Header, question and answers: RFC 1035 §4.1. */
function encode(query: Buffer, end: number, code: number, records: readonly ResourceRecord[]) {
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // An answer, to a recursive question, by a server that recurses.
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(12, end), ...records.map(encodeRecord)]);
}

function encodeRecord({ type, ttl, data }: ResourceRecord): Buffer {
  const head = Buffer.alloc(12);
  // The name of the question, which stands at 12.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const encodeIPv4 = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

function encodeIPv6(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const head = groups(left);
  const tail = groups(right ?? '');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return Buffer.from(
    [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}

/** RFC 2782; its name is never compressed. */
function encodeSrv({ priority = 0, weight = 0, port, name }: SrvData): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(priority, 0);
  head.writeUInt16BE(weight, 2);
  head.writeUInt16BE(port, 4);
  const labels = name === '.' ? [] : name.split('.');
  const encoded = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([head, ...encoded, Buffer.from([0])]);
}
