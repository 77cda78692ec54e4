/** One operation on the page: what it takes, how it is answered, and a form that sends it. */
import type { ApiSchema } from '../../config/openapi/model.ts';
import type { WrittenOperation } from '../document.ts';
import { type Html, markup, prose } from './html.ts';
import { facts, type SchemaHtml } from './schema-html.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema?: ApiSchema;
}

type Content = Readonly<Record<string, { readonly schema?: ApiSchema }>>;

interface Answer {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, { readonly description?: string }>>;
  readonly content?: Content;
}

interface Shown {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly description?: string;
    readonly required?: boolean;
    readonly content: Content;
  };
  readonly responses?: Readonly<Record<string, Answer>>;
}

export function operationHtml(
  method: string,
  path: string,
  written: WrittenOperation,
  schemas: SchemaHtml,
): Html {
  const { operationId, summary, description, deprecated, ...rest } = written as Shown;
  return markup`<details
    class="operation"
    id="${operationId}"
    data-find="${`${method} ${path} ${summary ?? ''}`.toLowerCase()}"
  >
    <summary>
      <span class="method ${method}">${method.toUpperCase()}</span>
      <span class="path">${path}</span>${
        deprecated === true && markup` <span class="old">deprecated</span>`
      }${summary !== undefined && markup` <span class="about">${summary}</span>`}
    </summary>
    <div class="body">
      ${description === undefined ? '' : prose(description)} ${security(rest.security)}
      ${parametersHtml(rest.parameters, schemas)} ${bodyHtml(rest.requestBody, schemas)}
      <h4>Answers</h4>
      <div class="answers">
        ${Object.entries(rest.responses ?? {}).map(([status, each]) =>
          answerHtml(status, each, schemas),
        )}
      </div>
      ${form(method, path, rest)}
    </div>
  </details>`;
}

/** Which credentials it takes. */
function security(choices: Shown['security']): Html | undefined {
  if (choices === undefined) return undefined;
  const words = choices.map((choice) => {
    const names = Object.entries(choice).map(([name, scopes]) =>
      scopes.length === 0 ? name : `${name} with ${scopes.join(', ')}`,
    );
    return names.length === 0 ? 'none' : names.join(' and ');
  });
  return markup`<p class="credentials">Credentials: ${words.join(', or ')}</p>`;
}

function parametersHtml(parameters: Shown['parameters'], schemas: SchemaHtml): Html | undefined {
  if (parameters === undefined) return undefined;
  const rows = parameters.map(
    ({ name, in: place, description, required, schema = true }) =>
      markup`<tr>
        <td>
          <code>${name}</code>${required === true && markup`<span class="required">required</span>`}
        </td>
        <td>${place}</td>
        <td>
          <span class="type">${schemas.type(schema)}</span>${facts(schema)}${
            description === undefined ? '' : markup` <span class="about">${description}</span>`
          }
        </td>
      </tr>`,
  );
  return markup`<h4>Parameters</h4>
    <div class="scroll">
      <table>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function bodyHtml(body: Shown['requestBody'], schemas: SchemaHtml): Html | undefined {
  if (body === undefined) return undefined;
  return markup`<h4>
      Body${body.required === true && markup` <span class="required">required</span>`}
    </h4>
    ${contentHtml(body.content, schemas)}`;
}

const contentHtml = (content: Content, schemas: SchemaHtml): Html[] =>
  Object.entries(content).map(
    ([type, { schema = true }]) =>
      markup`<div class="media"><code>${type}</code> ${schemas.tree(schema)}</div>`,
  );

function answerHtml(
  status: string,
  { description = '', headers = {}, content = {} }: Answer,
  schemas: SchemaHtml,
): Html {
  const fields = Object.entries(headers).map(
    ([name, each]) =>
      markup`<li><code>${name}</code> <span class="about">${each.description}</span></li>`,
  );
  const head = markup`<span class="status s${status[0]}">${status}</span> ${description}`;
  if (fields.length === 0 && Object.keys(content).length === 0) return markup`<p>${head}</p>`;
  const isOpen = status.startsWith('2') && Object.keys(content).length > 0;
  return markup`<details${isOpen && markup` open`}>
    <summary>${head}</summary>
    ${
      fields.length > 0 &&
      markup`<ul class="members">
        ${fields}
      </ul>`
    }${contentHtml(content, schemas)}
  </details>`;
}

/** What the script of the page sends. Without the script there is no form. */
function form(method: string, path: string, { parameters = [], requestBody }: Shown): Html {
  const fields = parameters.map(
    ({ name, in: place, required }) =>
      markup`<label
        ><span>${name} <small>${place}</small></span
        ><input
          name="${name}"
          data-in="${place}"
          ${required === true && markup` required`}
          autocomplete="off"
          spellcheck="false"
      /></label>`,
  );
  const [type] = Object.keys(requestBody?.content ?? {});
  const body =
    requestBody === undefined
      ? undefined
      : markup`<label
          ><span>Body <small>${type}</small></span
          ><textarea name="body" rows="6" data-type="${type}" spellcheck="false"></textarea>
        </label>`;
  return markup`<form class="try" data-method="${method.toUpperCase()}" data-path="${path}" hidden>
    <h4>Try it</h4>
    <div class="fields">${fields}${body}</div>
    <button>Send</button><output hidden></output>
  </form>`;
}
