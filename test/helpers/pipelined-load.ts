/** As many small requests as one process can send: pipelined, and answers only counted. */
import { once } from 'node:events';
import { connect } from 'node:net';

const PIPELINED = 16;
const CONNECTIONS = 8;
const STATUS_LINE = 'HTTP/1.1 200 ';

/** Sends `count` GETs of `path`, or a few more. @throws where a connection ends before its answers came */
export async function pipelinedLoad(url: string, path: string, count: number): Promise<void> {
  const rounds = Math.ceil(count / (PIPELINED * CONNECTIONS));
  await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(new URL(url), path, rounds)));
}

async function ask({ hostname, port, host }: URL, path: string, rounds: number): Promise<void> {
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const requests = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`.repeat(PIPELINED);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let round = 1;
  let answers = 0;
  let tail = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const seen = tail + text;
    answers += seen.split(STATUS_LINE).length - 1;
    // A status line may be cut; a whole one must not be counted twice.
    tail = seen.slice(-(STATUS_LINE.length - 1));
    if (answers < round * PIPELINED) return;
    if (round === rounds) {
      resolve();
      return;
    }
    round += 1;
    socket.write(requests);
  });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error(`closed after ${answers} answers`)));
  socket.write(requests);
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}
