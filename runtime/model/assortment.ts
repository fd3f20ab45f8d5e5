/** Whether an article is offered somewhere, as its listings say. Pure. */
import type { Needs } from '../store/types.ts'
import type { Kind } from './kind.ts'
import { variant } from './kinds/variant.ts'
import { listing } from './kinds/listing.ts'

type Document = Readonly<Record<string, unknown>>

/** Where something is offered: codes, from the narrowest to the widest. */
export interface Place { store?: string, channel?: string, market?: string }

const levels = ['store', 'channel', 'market'] as const

/**
 * Whether listings in effect at a moment, ISO 8601, offer an article at a place. The narrowest that say anything decide: a store or channel before its market. Where some of them block it, it is
 * not offered; listings for some customers only (`assortment`) offer it, and block nothing for the others.
 *
 * @param listings of the article, of all places and times
 */
export function isOffered(listings: readonly Document[], place: Place, at: string): boolean {
  const holding = listings.filter(document => listing.inEffect({ ...document }, at))
  for (const level of levels) {
    const here = place[level] === undefined ? [] : holding.filter(document => document[level] === place[level])
    if (here.some(({ offer, assortment }) => offer === 'blocked' && assortment === undefined)) return false
    if (here.some(({ offer }) => offer !== 'blocked')) return true
  }
  return false
}

/** Of a kind that tells of articles, that the article it tells of is offered at a place; of a product, that one of its variants is. Null where the kind tells of no article. */
export function needsListing({ name, links, rules }: Kind, place: Place): Needs | null {
  const own = links.find(({ pointer, kind }) => kind === variant.name && pointer === '/variant')
  const from = variant.links.find(({ pointer, kind }) => kind === name && !pointer.includes('*'))
  const reach: Needs['reach'] | null = name === variant.name ? { type: 'is' } : own ? { type: 'links', pointer: own.pointer } : from ? { type: 'linked', pointer: from.pointer } : null
  if (reach === null || rules.fact || name === listing.name) return null
  return { kind: listing.name, about: variant.name, link: '/variant', reach, met: (others, at) => isOffered(others, place, at) }
}
