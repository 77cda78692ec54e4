/**
 * Slow clients as a process of their own, so that what they do does not slow down whoever measures beside them:
 * `fork(this, [url, streams, readers, ms])`. Says `begins` before the first of them comes.
 *
 * Uploads of a byte every five seconds over two connections of HTTP/2, half of them without a length, which
 * begin anew when they are cut; and readers of long answers, who take a few bytes now and then.
 */
import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import { connect } from 'node:tls';

const [url = '', streams, readers, ms] = process.argv.slice(2);
const until = performance.now() + Number(ms);
const TRUSTING = { rejectUnauthorized: false } as const;

async function upload(): Promise<void> {
  const session = connectH2(url, TRUSTING);
  session.on('error', () => undefined);
  await once(session, 'connect');
  const begin = (id: number): void => {
    if (performance.now() > until || session.destroyed) return;
    const length = id % 2 === 0 ? { 'content-length': '1000000' } : {};
    const stream = session.request({ ':method': 'POST', ':path': '/', ...length });
    stream.on('error', () => undefined);
    const timer = setInterval(() => stream.write('x'), 5_000);
    stream.write('x');
    stream.resume().once('close', () => {
      clearInterval(timer);
      setTimeout(begin, 1_000, id);
    });
  };
  for (let id = 0; id < Number(streams); id++) begin(id);
}

async function read(): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...TRUSTING });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.pause().write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n');
  const timer = setInterval(() => socket.read(4), 1_000);
  socket.once('close', () => clearInterval(timer));
}

process.send!('begins');
await Promise.all([upload(), upload()]);
for (let i = 0; i < Number(readers); i++) await read();
