/** Content: texts and pictures of a page, a banner or a message, in one language. */
import { Type, type Static } from 'typebox'
import type { TorgError } from '../../errors.ts'
import { emptyPeriod, faultOf, repeated } from '../checks.ts'
import { defineKind } from '../kind.ts'
import { Code, described, Extensions, Instant, Language, Link, LongText, Media, Text } from '../values.ts'

const ContentSchema = Type.Object({
  key: described(Code, 'What it is called in every language and channel: front-page, size-guide, campaign-autumn.'),
  locale: described(Language, 'The language of the texts. Each language is content of its own with the same key.'),
  contentType: Type.Optional(described(Code, 'The content type: page, banner, article, e-mail. Says which texts there are.')),
  channels: Type.Optional(Type.Array(Code, { minItems: 1, uniqueItems: true, description: 'Where it is shown; absent: everywhere.' })),
  title: Type.Optional(Text),
  slug: Type.Optional(described(Text, 'Last part of the page\'s address.')),
  texts: Type.Optional(Type.Array(Type.Object({
    key: described(Code, 'Its place in the content type: heading, body, button.'),
    format: Type.Enum(['plain', 'html', 'markdown']),
    value: LongText,
  }, { additionalProperties: false, description: 'One text. HTML is kept as it is: who shows it must clean it.' }))),
  media: Type.Optional(Type.Array(Media)),
  products: Type.Optional(Type.Array(Link, { description: 'Products it shows or is about.' })),
  campaigns: Type.Optional(Type.Array(Link, { description: 'Campaigns it is for.' })),
  parts: Type.Optional(Type.Array(Link, { description: 'Other content it is put together from, in order.' })),
  validFrom: Type.Optional(Instant),
  validTo: Type.Optional(described(Instant, 'The first moment at which it is no longer shown; absent: until further notice.')),
  tags: Type.Optional(Type.Array(Text, { uniqueItems: true })),
  ext: Type.Optional(Extensions),
}, { additionalProperties: false, description: 'Texts and pictures of a page, a banner or a message, in one language.' })

type Content = Static<typeof ContentSchema>

/** Each text once, something to show, a period that is one. */
function check(content: Content): TorgError | null {
  const { title, texts, media, parts } = content
  const empty = title === undefined && [texts, media, parts].every(list => list === undefined || list.length === 0)
  return faultOf('validation.schema', [
    ...(empty ? [{ detail: 'The content has nothing to show. Give it a title, texts, media or parts.', pointer: '/texts', value: texts }] : []),
    ...repeated('/texts', texts, 'key', ({ key }) => key),
    ...emptyPeriod(content),
  ])
}

export const content = defineKind({
  name: 'content',
  version: 1,
  plural: 'content',
  label: { en: 'Content', nb: 'Innhold', sv: 'Innehåll' },
  schema: ContentSchema,
  fact: false,
  scope: ['locale'],
  links: [{ pointer: '/products/*', kind: 'product' }, { pointer: '/campaigns/*', kind: 'campaign' }, { pointer: '/parts/*', kind: 'content' }],
  check,
  example: {
    key: 'campaign-autumn',
    locale: 'nb',
    contentType: 'banner',
    channels: ['webshop-no', 'app-no'],
    title: 'Høstsalg',
    texts: [
      { key: 'heading', format: 'plain', value: '20 % på gensere' },
      { key: 'body', format: 'markdown', value: 'For **medlemmer**, ut neste uke.' },
    ],
    media: [{ type: 'image', url: 'https://media.example.no/host.jpg', alt: { nb: 'En turgåer i blå genser' } }],
    products: [{ ref: { system: 'pim', kind: 'product', id: 'ULL-GENSER' } }],
    campaigns: [{ ref: { system: 'erp', kind: 'campaign', id: 'host-20' } }],
    validFrom: '2025-10-31T23:00:00Z',
    validTo: '2025-11-16T23:00:00Z',
  },
})
