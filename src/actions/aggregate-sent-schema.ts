/** What a part sends beside its path and query. */
import { z } from 'zod';
import { fieldName, fieldValue } from '../config/schema/types.ts';

/** Fields of framing and connection, and those by which the gateway tells upstreams who asks. */
const ITS_OWN =
  /^(connection|content-length|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|accept-encoding|via|forwarded|x-forwarded-.*|x-request-id)$/;

const ownField = () =>
  fieldName().refine((name) => !ITS_OWN.test(name), {
    error: (issue) => `${String(issue.input)} is a field that the gateway sets itself`,
  });

export const ownHeaders = z
  .record(ownField(), fieldValue())
  .optional()
  .describe(
    "Headers to send: templates. They replace those passed on; without the client's value there is no header.",
  );

export const Sent = {
  body: z
    .json()
    .optional()
    .describe(
      "JSON to send instead of the client's body: its texts are templates. A text that is one `{…}` alone becomes the value, with its type and digits.",
    ),
};
