/// <reference lib="dom" />
/** A mark on each node in the workspace of which something failed, while the sidebar is open: a mark that nobody keeps up would lie. */
import { counted, formatCount } from './texts.ts'
import type { NodeRow } from './types.ts'

const id = 'torg-failed'
let failed = new Map<string, number>()
let outdated = new Set<string>()

const countOf = (node: string): number => failed.get(node) ?? 0

/** @param open shows the dead letters of a node */
export function registerBadges(open: (node: string) => void): void {
  RED.view.annotations.register(id, {
    type: 'badge', class: 'torg-failed-badge',
    filter: ({ type }) => type !== 'group',
    show: (node) => countOf(node.id) > 0,
    refresh: (node) => outdated.delete(node.id),
    tooltip: (node) => counted('failed', countOf(node.id)),
    element: (node) => {
      const label = formatCount(countOf(node.id))
      const width = 9 + label.length * 6
      const group = makeSvg('g', {})
      const text = makeSvg('text', { x: String(width / 2), y: '10', 'text-anchor': 'middle' })
      text.textContent = label
      group.append(makeSvg('rect', { width: String(width), height: '14', rx: '7' }), text)
      // Else the press would select the node.
      for (const event of ['mousedown', 'mouseup']) group.addEventListener(event, (press) => press.stopPropagation())
      group.addEventListener('click', () => open(node.id))
      return group
    },
  })
}

function makeSvg(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (!(element instanceof SVGElement)) throw new Error(`${tag} is no element of SVG.`)
  return element
}

/** Marks the nodes anew where something is another than before. */
export function showBadges(nodes: Iterable<NodeRow>): void {
  const now = new Map([...nodes].flatMap(({ node, dead }) => dead > 0 ? [[node, dead]] : []))
  const changed = [...new Set([...now.keys(), ...failed.keys()])].filter((node) => now.get(node) !== failed.get(node))
  if (changed.length === 0) return
  failed = now
  outdated = new Set([...outdated, ...changed])
  for (const one of changed) {
    const node = RED.nodes.node(one)
    if (node) node['dirty'] = true
  }
  RED.view.redraw()
}
