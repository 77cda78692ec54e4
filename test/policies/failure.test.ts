import { describe, expect, test } from 'vitest';
import { FAILURE_KINDS } from '../../src/config/schema/guards.ts';
import { type ErrorCode, ERRORS } from '../../src/core/errors.ts';
import { failureJudge } from '../../src/policies/failure.ts';
import { answering, aRequest, aResponse, codeOf, failure } from '../helpers/call.ts';
import { breakerOn, circuitOf } from '../helpers/circuit.ts';
import { pass, useFakeTime } from '../helpers/time.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('what counts as a failure', () => {
  test('is by default every code that blames the upstream, and no other', () => {
    const judge = failureJudge(FAILURE_KINDS);
    expect(codes.filter((code) => judge.error(failure(code)))).toEqual(
      codes.filter((code) => ERRORS[code].blamesUpstream),
    );
  });

  test.each([
    ['connect', ['GW_UPSTREAM_CONNECT']],
    ['reset', ['GW_UPSTREAM_RESET']],
    ['timeout', ['GW_UPSTREAM_TIMEOUT', 'GW_DEADLINE_EXCEEDED']],
    ['invalid', ['GW_UPSTREAM_PROTOCOL', 'GW_UPSTREAM_INVALID']],
    ['cut', ['GW_BODY_TRUNCATED']],
    ['5xx', []],
  ] as const)('is only %s, if so configured', (kind, counted) => {
    const judge = failureJudge([kind]);
    expect(new Set(codes.filter((code) => judge.error(failure(code))))).toEqual(new Set(counted));
    expect(judge.answer(500, {})).toBe(kind === '5xx');
  });

  test('may be a status by its number, 501 and 4xx too', () => {
    const judge = failureJudge([429, 501]);
    expect([429, 501, 500, 404].map((status) => judge.answer(status, {}))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a breaker with configured failures', () => {
  useFakeTime();

  test('counts the given statuses and no others', async () => {
    const circuit = circuitOf();
    const judge = failureJudge([429]);
    const call = breakerOn(circuit, { judge })(answering(503, 503, 503, 429, 429, 429));
    for (let i = 0; i < 3; i++) await codeOf(call(aRequest()));
    await pass(0);
    expect(circuit.state).toBe('closed');
    for (let i = 0; i < 3; i++) await codeOf(call(aRequest()));
    await pass(0);
    expect(circuit.state).toBe('open');
  });

  test.each([
    [999, 'closed'],
    [1_000, 'open'],
  ])('after an answer in %i ms is %s if slow is 1 s', async (ms, state) => {
    const circuit = circuitOf();
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return aResponse();
    };
    const call = breakerOn(circuit, { slowMs: 1_000 })(late);
    for (let i = 0; i < 3; i++) {
      const answer = call(aRequest());
      await pass(ms);
      await answer;
    }
    await pass(0);
    expect(circuit.state).toBe(state);
  });
});
