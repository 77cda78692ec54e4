/**
 * The floor: the minimum for a proxy on Node. `node:http` in, undici's `dispatch` out, head and
 * body written in one go; no routing, no header rules, no limits, no error handling.
 */
import { createServer } from 'node:http';
import { announce, listen, required } from '../serve.ts';
import { poolOf } from './pool.ts';
import { relayTo } from './relay.ts';

announce(await listen(createServer(relayTo(poolOf(required('UPSTREAM'))))));
