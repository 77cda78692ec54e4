/** The process behind every contestant: one small JSON body, at the lowest cost that Node allows. */
import { createServer } from 'node:http';
import { ANSWER } from '../src/load/answer.ts';
import { announce, listen } from './serve.ts';

const body = Buffer.from(ANSWER);
const headers = { 'content-type': 'application/json', 'content-length': body.length };

const server = createServer({ keepAliveTimeout: 72_000 }, (_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});

announce(await listen(server));
