/**
 * `portico`: the API for plugins and BFFs. They import this, and nothing deeper.
 */
export {
  type Bff,
  type BffApp,
  type BffOptions,
  type BffRequest,
  defineBff,
} from './authoring/bff.ts';
export { apis, type Apis, type TypedClient } from './authoring/typed-client.ts';
export type { ForwardOptions } from './authoring/forward.ts';
export type { Batches, BatchOptions } from './authoring/batch.ts';
export { optional } from './authoring/steps.ts';
export { clearCookie, type CookieOptions, readCookie, setCookie } from './authoring/cookies.ts';
export { chooseLanguage } from './authoring/language.ts';
export type { OpenedAnswer, OpenOptions, SendToOptions } from './authoring/opened-answer.ts';
export { streamBody } from './authoring/part-body.ts';
export { ProblemError, type ProblemOptions } from './authoring/problem-error.ts';
export {
  type Part,
  type PartOptions,
  type PartOptionsWithBody,
  type UpstreamClient,
} from './authoring/parts.ts';
export type { UpstreamDispatcher } from './upstream/dispatcher/call-dispatcher.ts';
export {
  definePlugin,
  type KnownNames,
  type Loosening,
  type OptionFault,
  type PluginDefinition,
  type PluginLoosening,
  type PluginRisks,
} from './authoring/plugin.ts';
export type {
  HookExplanation,
  Phase,
  PluginHooks,
  PluginState,
  PluginWhere,
  PreparedRoute,
  RegisteredPlugin,
  RouteOperations,
  ScriptFields,
} from './authoring/plugin-hooks.ts';
export type {
  PluginAdmin,
  PluginCall,
  PluginCallOptions,
  PluginCounter,
  PluginHost,
  PluginMetrics,
} from './authoring/plugin-host.ts';
export type {
  FoundRecord,
  RecordChange,
  RecordResult,
  RecordStore,
  RecordWrite,
} from './operations/record-store.ts';
export {
  clientRequestOf,
  noteEndpoint,
  noteVersion,
  type RequestView,
} from './authoring/request.ts';
export type {
  DocumentedAnswer,
  DocumentedHeader,
  DocumentedOperation,
  DocumentedParameter,
  DocumentedScheme,
  PluginDocument,
  RequiredRequest,
} from './openapi/plugin-document.ts';
export { idempotencyKey } from './operations/idempotency-key.ts';
export { fingerprint } from './operations/ids.ts';
export { outcomeOfError, outcomeOfStatus } from './operations/outcome.ts';
export type {
  ApiBody,
  ApiContent,
  ApiParameter,
  ApiSchema,
  ApiSchemaObject,
} from './config/openapi/model.ts';
export type { Operation as RouteOperation } from './openapi/operation.ts';
export { codingQualities } from './core/accept-encoding.ts';
export { Body } from './core/body.ts';
export type { Clock, Timer } from './core/clock.ts';
export { joinedValue } from './core/headers.ts';
export { type Conversion, convertBody } from './core/converted-body.ts';
export { type HeldBody, holdBody } from './core/held-body.ts';
export { pipeBody } from './core/piped-body.ts';
export {
  type Call,
  type Consumer,
  type Policy,
  type UpstreamRequest,
  type UpstreamResponse,
  withHeader,
  withoutHeader,
} from './core/call.ts';
export { type Claims, claimReader, claimsOf, claimText, type ReadClaim } from './core/claims.ts';
export {
  type AddressRange,
  AddressSet,
  includesRange,
  rangeText,
} from './config/schema/address-range.ts';
export type { PluginRisk, Severity } from './config/audit/audit.ts';
export { isPublicHttp } from './config/schema/public-http.ts';
export { parseRegex, type Regex } from './config/schema/regex.ts';
export {
  type DocumentFault,
  type GraphqlOperation,
  type GraphqlVariable,
  type OperationKind,
  type ReadDocument,
  readDocument,
} from './config/graphql/document.ts';
export { hint } from './config/check/suggest.ts';
export {
  addressRange,
  claimPath,
  date,
  duration,
  fieldName,
  fieldValue,
  memberPath,
  oneOrMore,
  percent,
  positiveDuration,
  retention,
  size,
  source,
} from './config/schema/types.ts';
export type { ClientCertificate } from './edge/client-certificate.ts';
export { challengesOf, offerChallenge } from './edge/challenge.ts';
export type { ErrorAnswer } from './edge/error-form.ts';
export { grpcTrailers } from './edge/grpc-status.ts';
export type { ResponseHead } from './edge/response-head.ts';
export type { BodyConversion, RequestHook } from './routes/route.ts';
export { type ErrorCode, GatewayError, isGatewayError, toGatewayError } from './core/errors.ts';
export { partStatus } from './routes/part.ts';
export { outlivesClient } from './edge/outliving.ts';
export { tellUpstreams } from './edge/told-upstreams.ts';
export { requestSource } from './edge/source.ts';
export { fieldTemplateFaults, isFieldTemplate } from './config/check/field-template.ts';
export { type FieldTemplate, fieldTemplate, textTemplate } from './routes/field-template.ts';
export { isStream } from './core/stream-type.ts';
export type { RequestBody } from './core/request-body.ts';
export { isSafe, isWhole, decimalOf, keepSource, type ReadNumber } from './core/json-number.ts';
export { EVERY_MEMBER, EVERY_NAME, type MemberStep, parseMemberPath } from './core/member-path.ts';
export { isContainer } from './core/value-path.ts';
export { parseRequestJson, parseStrictJson, type StrictRules } from './core/json.ts';
export { z } from 'zod';
