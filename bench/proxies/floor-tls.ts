/** The floor behind TLS: `node:https` in, everything else as floor.ts. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { TLS } from '../place.ts';
import { announce, listen, required } from '../serve.ts';
import { poolOf } from './pool.ts';
import { relayTo } from './relay.ts';

const options = { cert: readFileSync(TLS.cert), key: readFileSync(TLS.key) };

announce(await listen(createServer(options, relayTo(poolOf(required('UPSTREAM')))), 'https'));
