/** Looks at the generated module the way a browser would, without one. */
import { runInNewContext } from 'node:vm'

/** The scripts of a type in an html file, by their attribute. */
export function scriptsOf(html: string, attribute: string): string[] {
  return [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].filter(([, attributes]) => attributes?.includes(attribute)).map(([, , content]) => content ?? '')
}

/** The names of templates or helps. */
export function namesOf(html: string, attribute: 'data-template-name' | 'data-help-name'): string[] {
  return [...html.matchAll(new RegExp(`<script\\b[^>]*${attribute}="([^"]*)"`, 'g'))].map(([, name]) => name ?? '')
}

export interface RegisteredType { category: string, color: string, icon: string, defaults: Record<string, { value: unknown }>, credentials?: Record<string, { type: string }> }

/** Runs scripts as the editor would and tells which node types they registered. */
export function runRegistrations(scripts: readonly string[]): Map<string, RegisteredType> {
  const types = new Map<string, RegisteredType>()
  const window: Record<string, unknown> = {}
  const RED = { nodes: { registerType: (type: string, definition: RegisteredType) => { types.set(type, definition) } }, _: (key: string) => key }
  const context = { window, RED, get torg() { return window['torg'] } }
  for (const script of scripts) runInNewContext(script, context)
  return types
}

const empty = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr'])

/** The first tag that is not closed, or closes nothing; null when all fit. */
export function findUnbalancedTag(html: string): string | null {
  const open: string[] = []
  for (const [tag, slash, name = ''] of html.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9-]*)(?:"[^"]*"|'[^']*'|[^'">])*>/g)) {
    if (empty.has(name)) continue
    if (slash === '') open.push(name)
    else if (open.pop() !== name) return tag
  }
  return open.at(-1) ?? null
}
