/** Names the generated parts share. */
import type { Language, Text } from '../definition.ts'

/** Name of the generated Node-RED module; its resources are served under `resources/<this>/`. */
export const moduleName = 'torg-nodes'

/** Node-RED's folder names of our languages; the first is its fallback. */
export const localeFolders = { en: 'en-US', nb: 'nb', sv: 'sv' } as const satisfies Record<Language, string>

/** Key of a node type in a catalogue: no dots, colons or spaces. */
export const keyOf = (type: string): string => type.replace(/[^A-Za-z0-9]+/g, '-')

/** A text in one language; English where an untyped connector left one out. */
export const inLanguage = (text: Text, language: Language): string => text[language] || text.en

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** Text as HTML content or attribute value. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, found => entities[found] ?? found)

/** JSON inside a script element: no end tag can appear in it. */
export const scriptJson = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c')
