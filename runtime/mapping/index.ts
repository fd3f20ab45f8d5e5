/** Mappings: rules as data, compiled to closures. Pure: no I/O, no clock, the source is never changed. See README.md. */
export { compileMapping, type CompiledMapping } from './compile.ts'
export { mappingSchema, type Mapping, type Step } from './format.ts'
export { describeSteps } from './documentation.ts'
export { steps } from './steps/index.ts'
