/** Which bodies are JSON that the gateway can read: by type, charset and coding. */
import { GatewayError } from 'portico';

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** `application/json`, or a type with the suffix `+json` (RFC 6839 §3.1). */
const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.+-]+\+json)$/;

/** Parameters as RFC 9110 §5.6.6 writes them; what is written otherwise, each server reads its own way. */
const PARAMETERS = /^(?:[ \t]*;[ \t]*(?:[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\]*"))?)*$/;
const CHARSET = /;[ \t]*charset=("?)([^";\s]*)\1/g;

/** Is it JSON by its `Content-Type`, whatever its parameters? */
export function isJsonType(contentType: string | readonly string[] | undefined): boolean {
  const [type = ''] = String(contentType ?? '')
    .toLowerCase()
    .split(/[;\s]/, 1);
  return JSON_TYPE.test(type);
}

/** Are its bytes encoded, for example compressed? */
export function isEncoded({ 'content-encoding': coding = 'identity' }: Fields): boolean {
  return String(coding).toLowerCase() !== 'identity';
}

/** @throws GW_MEDIA_TYPE for a request whose body is not plain JSON in UTF-8 */
export function mustBeJson(headers: Fields): void {
  const written = String(headers['content-type'] ?? '').toLowerCase();
  const [type = ''] = written.split(/[;\s]/, 1);
  const parameters = written.slice(type.length);
  if (!JSON_TYPE.test(type) || !PARAMETERS.test(parameters)) {
    throw new GatewayError('GW_MEDIA_TYPE', 'the body must be JSON');
  }
  for (const [, , charset = ''] of parameters.matchAll(CHARSET)) {
    if (charset !== 'utf-8' && charset !== 'utf8') {
      throw new GatewayError('GW_MEDIA_TYPE', 'the body must be UTF-8');
    }
  }
  if (isEncoded(headers)) {
    throw new GatewayError('GW_MEDIA_TYPE', 'the body must not be compressed');
  }
}
