/** Server-sent events out of a body: the part of the HTML standard (§9.2.6) that the gateway uses. */

/** @typedef {{ event: string, data: string }} StreamEvent */

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {() => void} onBytes  called with whatever comes, comments too
 * @returns {AsyncGenerator<StreamEvent, void>}
 */
export async function* events(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    const blocks = (text + value).replaceAll('\r\n', '\n').split('\n\n');
    text = blocks.pop() ?? '';
    yield* blocks.map(readBlock).filter(({ data }) => data !== '');
  }
}

/**
 * @param {string} block
 * @returns {StreamEvent}
 */
function readBlock(block) {
  let event = 'message';
  /** @type {string[]} */
  const data = [];
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return { event, data: data.join('\n') };
}
