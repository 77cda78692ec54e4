/**
 * Ajv and its formats, loaded when the first schema is compiled: that takes a tenth of a start, and most
 * gateways have no schema.
 */
import { createRequire } from 'node:module';
import type * as core from 'ajv';
import type * as draft2020 from 'ajv/dist/2020.js';
import type * as formats from 'ajv-formats';

const load = createRequire(import.meta.url);

// What `require` returns is typed by nobody: these are the types of the same files.
export const ajv = (): typeof core => load('ajv') as typeof core;
export const ajv2020 = (): typeof draft2020 => load('ajv/dist/2020.js') as typeof draft2020;
export const ajvFormats = (): (typeof formats)['default'] =>
  load('ajv-formats') as (typeof formats)['default'];
