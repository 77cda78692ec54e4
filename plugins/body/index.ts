/** Removes, renames and sets members of JSON bodies: of requests to upstreams, and of answers to clients. */
import { definePlugin, type PluginHooks, z } from 'portico';
import { checkOptions } from './check.ts';
import { compileEdits } from './edits.ts';
import { loosened, Options } from './options.ts';
import { editingRequests } from './request.ts';
import { askingForWhole, editingResponses } from './response.ts';

export default definePlugin({
  name: 'body',
  settings: z.strictObject({}),
  options: Options,
  check: (options, _settings, others, known) => checkOptions(options, others, known),
  document: ({ request, response }) => ({
    changesBodies: { request: request !== undefined, response: response !== undefined },
    errors: [
      ...(request === undefined
        ? []
        : (['GW_REQUEST_INVALID', 'GW_MEDIA_TYPE', 'GW_BODY_TOO_LARGE'] as const)),
      ...(response === undefined ? [] : (['GW_UPSTREAM_INVALID'] as const)),
    ],
  }),
  loosened: { ofOptions: loosened },
  register: () => ({
    route({ request, response, maxBody }) {
      const sets: PluginHooks[] = [];
      if (request !== undefined) {
        const edits = compileEdits(request);
        sets.push({ policy: () => editingRequests(edits, maxBody), isPure: true });
      }
      if (response !== undefined) {
        const convert = editingResponses(compileEdits(response), maxBody);
        sets.push({ policy: () => askingForWhole, isPure: true, convert });
      }
      return sets;
    },
  }),
});
