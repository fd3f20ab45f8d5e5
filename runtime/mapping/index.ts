/** Mappings: rules as data, compiled to closures. Pure: no I/O, no clock, the source is never changed. See README.md. */
export { compileMapping, type CompiledMapping } from './compile.ts'
export { mappingSchema, ruleText, type Condition, type Mapping, type OperandPath, type Rule, type Step } from './format.ts'
export { describeSteps } from './documentation.ts'
export { steps } from './steps/index.ts'
