/** Names, texts, icon, samples, defaults: what can be seen without running anything. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { createConfigChecker } from '../checker.ts'
import { languages, type Field, type Text } from '../definition.ts'
import { systemFieldNames } from '../node-types.ts'
import { flowConfig, type Subject } from './subject.ts'

export function describeDefinition(subject: Subject): void {
  const { definition, options, types } = subject

  it('has a slug for a name, and node types of its own', () => {
    assert.match(definition.name, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'the name is lower case letters, digits and hyphens')
    assert.ok(definition.nodes.length > 0, 'it has at least one node')
    assert.equal(new Set(types.map(({ type }) => type)).size, types.length, 'no type is there twice')
    if (definition.system) for (const { type } of definition.nodes) assert.ok(type === definition.name || type.startsWith(`${definition.name} `), `the type "${type}" begins with the connector's name, so that types of two packages never meet`)
    for (const { type } of types) assert.match(type, /^[a-z0-9]+([ -][a-z0-9]+)*$/, `the type "${type}" is plain words`)
    assert.match(definition.color, /^#[0-9a-f]{6}$/i, 'the colour is #rrggbb')
  })

  it('leaves the names of the fields every system has alone', () => {
    for (const name of Object.keys(definition.system?.fields ?? {})) assert.ok(!systemFieldNames.includes(name), `the system's field "${name}" has a name of its own`)
  })

  it('has icons that are white SVG drawings of 40x60', () => {
    for (const icon of new Set([definition.icon, ...definition.nodes.flatMap(node => node.icon ?? [])])) {
      const file = join(options.folder, 'icons', icon)
      assert.ok(existsSync(file), `${file} exists`)
      const svg = readFileSync(file, 'utf8')
      assert.match(svg, /^\s*(<\?xml[^>]*>\s*)?<svg\b[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/, `${icon} is SVG`)
      assert.match(svg, /viewBox="0 0 40 60"/, `${icon} has the view box 0 0 40 60`)
      assert.match(svg, /(fill|stroke)="(#fff|#ffffff|white)"/i, `${icon} is drawn in white`)
      assert.doesNotMatch(svg, /<script|<image|href=|url\(/i, `${icon} holds no script and loads nothing`)
    }
  })

  it('speaks all languages of the editor', () => {
    const texts: [string, Text][] = [['label', definition.label], ...types.flatMap(({ type, label, fields, inputs, outputs }): [string, Text][] => [
      [`${type}: label`, label],
      ...[...inputs, ...outputs].flatMap((port): [string, Text][] => port.label ? [[`${type}: port`, port.label]] : []),
      ...Object.entries(fields).flatMap(([name, field]) => fieldTexts(`${type}: ${name}`, field)),
    ])]
    for (const [where, text] of texts) for (const language of languages) assert.ok(text[language]?.trim(), `${where} has a text in ${language}`)
  })

  it('has help in each language that is not a copy of another', () => {
    for (const [where, help] of [['the connector', definition.help], ...types.map(({ type, help: text }): [string, Text] => [type, text])] as const) {
      for (const language of languages) assert.ok(help[language]?.trim().length >= 20, `${where} has help in ${language}`)
      assert.equal(new Set(languages.map(language => help[language].trim())).size, languages.length, `the help of ${where} differs from language to language`)
    }
  })

  it('declares the types of its ports, with examples that are valid', () => {
    const ajv = new Ajv2020({ allErrors: true, strict: false })
    ajvFormats.default(ajv)
    for (const { type, fields, inputs, outputs } of types) {
      for (const port of [...inputs, ...outputs]) {
        if (port.type.startsWith(`${definition.name}:`)) assert.ok(definition.types?.[port.type], `${type}: the port type ${port.type} is in types`)
        if (port.type.startsWith('config:')) assert.ok(Object.hasOwn(fields, port.type.slice('config:'.length).split('.')[0] ?? ''), `${type}: ${port.type} names a field of the node`)
      }
    }
    for (const [name, { schema, examples }] of Object.entries(definition.types ?? {})) {
      assert.ok(examples.length > 0, `${name} has an example`)
      const validate = ajv.compile(schema)
      for (const example of examples) assert.ok(validate(example.payload), `${name}, example "${example.name}": ${ajv.errorsText(validate.errors)}`)
    }
  })

  it('has defaults that its own rules accept', () => {
    const check = createConfigChecker([definition])
    const missing = (detail: string): boolean => /is required and empty/.test(detail)
    for (const { type } of types) {
      const faults = check(type, {}).filter(({ detail }) => !missing(detail))
      assert.deepEqual(faults, [], `${type}: the defaults of a new node`)
    }
  })

  it('accepts a filled in configuration', () => {
    const check = createConfigChecker([definition])
    for (const type of types) assert.deepEqual(check(type.type, flowConfig(subject, type)), [], `${type.type}: give values for these fields in the options of describeConnector`)
  })

  it('refuses secrets written into a flow file', () => {
    const check = createConfigChecker([definition])
    for (const type of types) {
      for (const [name, field] of Object.entries(type.fields)) {
        if (field.type !== 'secret' || field.when) continue
        assert.ok(check(type.type, { ...flowConfig(subject, type), [name]: 'plain text' }).some(finding => finding.field === name), `${type.type}: ${name}`)
      }
    }
  })
}

function fieldTexts(where: string, field: Field): [string, Text][] {
  return [
    [`${where}: label`, field.label],
    ...field.hint ? [[`${where}: hint`, field.hint] satisfies [string, Text]] : [],
    ...field.type === 'select' || field.type === 'multiselect' ? field.options.map(({ value, label }): [string, Text] => [`${where}: option ${value}`, label]) : [],
  ]
}
