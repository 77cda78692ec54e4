/** Sockets to the upstream, the same for every contestant; the YAML files say it again. */
export const UPSTREAM_CONNECTIONS = 128;
