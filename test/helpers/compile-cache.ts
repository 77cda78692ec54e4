/**
 * For the environment of processes that a test starts: what they load is compiled once, and not by each of them, which
 * would be half of their time. Processes that inherit the test's own environment have it already: see vitest.config.ts.
 */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
