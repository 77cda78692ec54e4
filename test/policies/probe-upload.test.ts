import { describe, expect, test } from 'vitest';
import { bytesOf } from '../helpers/body.ts';
import { answering, aRequest, codeOf, hanging } from '../helpers/call.ts';
import { breakerOn, circuitOf, openThenWait } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';

useFakeTime();

describe('a probe whose client sends slowly', () => {
  test('gives its place to another after the time of an attempt', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    const { upload, client } = sending();
    client.write(bytesOf(1));
    void codeOf(breakerOn(circuit, { probeMs: 500 })(hanging)(aRequest({ body: upload })));
    await pass(499);
    expect(() => circuit.check()).toThrow('it is being probed');
    await pass(1);
    expect(await codeOf(breakerOn(circuit)(answering(200))(aRequest()))).toBe('fulfilled');
    await pass(0);
    expect(circuit.state).toBe('closed');
  });

  test('keeps it if the whole request is sent: its timeout ends it', async () => {
    const circuit = circuitOf();
    await openThenWait(circuit);
    void codeOf(breakerOn(circuit, { probeMs: 500 })(hanging)(aRequest()));
    await pass(5_000);
    expect(() => circuit.check()).toThrow('it is being probed');
  });
});
