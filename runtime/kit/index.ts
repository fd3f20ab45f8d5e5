/**
 * The public kit, `@torg/hub/kit`: everything a connector needs. Its names are an API: see nodes/README.md for how to
 * write a connector with it.
 */
export { Type, type Static, type TSchema } from 'typebox'
export { TorgError, catalogue, toTorgError, type ErrorClass, type ErrorCode, type ErrorDetails, type StoredError } from '../errors.ts'
export type { Hub, NodeStatus } from '../hub.ts'
export type { ActiveRun, DeliveryFacts, Envelope, FlowMessage, GivenReference, ItemFailure } from '../runs/types.ts'
export type { Message, NewMessage } from '../store/types.ts'
export {
  defineConnector, defineCustom, defineSource, defineStep, languages, nodesOf,
  type AnyNode, type Config, type ConnectorDefinition, type CustomNode, type Field, type Fields, type Language, type ListedItem, type ListingWant, type NodeContext, type PolledItem, type Port,
  type RawRequest, type Sample, type SourceNode, type StepHandler, type StepNode, type StepResult, type System, type Text, type Twin, type TwinOptions,
} from './definition.ts'
export { deliveryOf, forItems, itemsOf, withItems, type BatchItem } from './batch.ts'
export { createHttp, type Auth, type Http, type HttpOptions, type HttpRequest, type HttpResponse } from './http.ts'
export { HttpAnswerError } from './http-answer.ts'
export { lookAtJson } from './json-body.ts'
export { verifyHmac, verifySharedSecret, verifyStandardWebhook, type HmacOptions } from './verify.ts'
