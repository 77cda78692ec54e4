/** `portico explain`: asks a running gateway, or builds one from a config, what happens to a request. */
import { AUTHORIZATION_FIELD, FIELD_PREFIX } from '../admin/explain.ts';
import { ConfigError, visible } from '../config/fault.ts';
import type { RequestExplanation } from '../explain/explanation.ts';
import { type Question, QuestionError, requestOf } from '../explain/question.ts';
import { ExplainTimeout } from '../explain/traced-request.ts';
import { explainConfig } from '../gateway.ts';
import { AdminError, type AdminPort, ask, findAdminPort, tellFailure } from './admin-port.ts';
import { printRefusal } from './faults.ts';
import { explanationLines } from './print-explanation.ts';
import { withProgress } from './progress.ts';
import { EXIT, type Terminal } from './terminal.ts';
// The last, so that what is imported before is found without it.
import './running-copy.ts';

export interface ExplainOrder {
  readonly method: string;
  readonly url: string;
  readonly headers: Question['headers'];
  /** The client's. */
  readonly token?: string;
  readonly from: string;
  readonly config?: string;
  readonly admin?: URL;
  readonly adminToken?: string;
  readonly json?: boolean;
}

export async function explain(order: ExplainOrder, terminal: Terminal): Promise<number> {
  try {
    const question = questionOf(order);
    // Refused before anybody is asked.
    requestOf(question);
    const explanation = await answerTo(question, order, terminal);
    if (order.json === true) terminal.out(JSON.stringify(explanation, undefined, 2));
    else for (const line of explanationLines(explanation)) terminal.out(visible(line));
    return EXIT.ok;
  } catch (error) {
    return failed(error, order, terminal);
  }
}

const questionOf = ({ method, url, headers, token, from }: ExplainOrder): Question => ({
  method,
  url,
  headers: [
    ...headers,
    ...(token === undefined ? [] : [['authorization', `Bearer ${token}`] as const]),
  ],
  address: from,
});

async function answerTo(
  question: Question,
  { config, admin, adminToken }: ExplainOrder,
  terminal: Terminal,
): Promise<RequestExplanation> {
  const { environment } = terminal;
  if (config !== undefined) {
    if (admin !== undefined) {
      throw new QuestionError('give --config or --admin, not both: one is not running');
    }
    const what = `building ${config}`;
    return withProgress({ terminal, what }, () =>
      explainConfig({ file: config, environment }, question),
    );
  }
  const given = {
    tokenFlag: '--admin-token',
    ...(admin && { admin }),
    ...(adminToken !== undefined && { token: adminToken }),
  };
  return askGateway(question, await findAdminPort(given, environment));
}

async function askGateway(
  { method, url, headers, address }: Question,
  port: AdminPort,
): Promise<RequestExplanation> {
  const parameters = new URLSearchParams({ method, url, address });
  const { body } = await ask(
    { ...port, fields: fieldsOf(headers) },
    `/explain?${parameters.toString()}`,
  );
  if (!('outcome' in body)) {
    throw new AdminError(`${port.url.origin} explains nothing: it may be an older gateway`);
  }
  // It is what this version's gateway makes of it; a newer one may tell more.
  return body as unknown as RequestExplanation;
}

/** @throws {QuestionError} for what one field cannot tell */
function fieldsOf(headers: Question['headers']): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) {
    const field =
      name.toLowerCase() === 'authorization'
        ? AUTHORIZATION_FIELD
        : FIELD_PREFIX + name.toLowerCase();
    if (Object.hasOwn(fields, field)) {
      throw new QuestionError(`${name} is given twice, which only --config can ask about`);
    }
    fields[field] = value;
  }
  return fields;
}

function failed(error: unknown, { json = false }: ExplainOrder, terminal: Terminal): number {
  if (error instanceof ConfigError) {
    printRefusal(error.faults, json, terminal);
    return EXIT.badConfig;
  }
  if (error instanceof QuestionError || error instanceof ExplainTimeout) {
    terminal.err(visible(error.message));
    return error instanceof QuestionError ? EXIT.usage : EXIT.failed;
  }
  return tellFailure(error, terminal);
}
