/** What can be wrong with the role table, in the words a person sees. Pure. */
import type { Language, Text } from '../kit/definition.ts'
import type { FlowFinding } from './types.ts'

/** One thing that is wrong, or that a person should look at. */
export interface RoleFault {
  /** Row it is about, from 0; absent where it is about the table or about several rows. */
  row?: number
  /** Part of the row. */
  at?: string
  name: keyof typeof texts
  /** What stands in the text in place of `__name__`. */
  values?: Readonly<Record<string, string | readonly string[]>>
  /** The offending value. */
  value?: unknown
  /** How people find the row, where it could be read. */
  about?: string
}

const texts = {
  list: {
    en: 'must be a list of rows like { "kind": "order", "masters": ["webshop"] }',
    nb: 'må være en liste med rader som { "kind": "order", "masters": ["webshop"] }',
    sv: 'måste vara en lista med rader som { "kind": "order", "masters": ["webshop"] }',
  },
  object: { en: 'is not an object', nb: 'er ikke et objekt', sv: 'är inget objekt' },
  key: { en: 'is not known; a row has __known__', nb: 'er ukjent; en rad har __known__', sv: 'är okänt; en rad har __known__' },
  again: { en: 'says again what another row says about __what__', nb: 'sier igjen det en annen rad sier om __what__', sv: 'säger igen det som en annan rad säger om __what__' },
  kind: { en: 'must name a kind, for example "order"', nb: 'må nevne en type, for eksempel "order"', sv: 'måste nämna en typ, till exempel "order"' },
  field: { en: 'must name a field, for example "payments" or "loyalty.points"', nb: 'må nevne et felt, for eksempel "payments" eller "loyalty.points"', sv: 'måste nämna ett fält, till exempel "payments" eller "loyalty.points"' },
  scope: { en: 'must be an object like { "market": "no" }, a value for each field', nb: 'må være et objekt som { "market": "no" }, en verdi for hvert felt', sv: 'måste vara ett objekt som { "market": "no" }, ett värde för varje fält' },
  masters: {
    en: 'must be a list of at least one system key, the highest-ranked first; systems of equal rank stand in a list of their own',
    nb: 'må være en liste med nøkkelen til minst ett system, det høyest rangerte først; systemer med lik rang står i en egen liste',
    sv: 'måste vara en lista med nyckeln till minst ett system, det högst rankade först; system med lika rang står i en egen lista',
  },
  readers: { en: 'must be a list of system keys', nb: 'må være en liste med systemnøkler', sv: 'måste vara en lista med systemnycklar' },
  merge: { en: 'must be one of __known__', nb: 'må være en av __known__', sv: 'måste vara en av __known__' },
  twice: { en: 'names the system "__system__" twice', nb: 'nevner systemet "__system__" to ganger', sv: 'nämner systemet "__system__" två gånger' },
  // By rank, nothing would decide between them but who came last.
  equal: {
    en: 'has systems of equal rank; rank them, or say "merge": "newest" or "union"',
    nb: 'har systemer med lik rang; ranger dem, eller velg "newest" eller "union" som regel',
    sv: 'har system med lika rang; ranka dem, eller välj "newest" eller "union" som regel',
  },
  system: { en: 'there is no system "__system__"; there are __known__', nb: 'det finnes ikke noe system "__system__"; det finnes __known__', sv: 'det finns inget system "__system__"; det finns __known__' },
  noSystem: { en: 'there is no system "__system__"; none is configured', nb: 'det finnes ikke noe system "__system__"; ingen er satt opp', sv: 'det finns inget system "__system__"; inget är konfigurerat' },
  unknownKind: { en: 'there is no kind __kind__; there are __known__', nb: 'det finnes ingen type __kind__; det finnes __known__', sv: 'det finns ingen typ __kind__; det finns __known__' },
  unknownField: { en: 'there is no field "__step__" at this place', nb: 'det finnes ikke noe felt "__step__" på dette stedet', sv: 'det finns inget fält "__step__" på det här stället' },
  inList: {
    en: 'the part "__step__" is inside of a list, and a list has its masters as a whole',
    nb: 'delen "__step__" er inne i en liste, og en liste har sine mastere som helhet',
    sv: 'delen "__step__" är inuti en lista, och en lista har sina mastrar som helhet',
  },
  union: { en: 'only lists are united, and this is none; say "rank" or "newest"', nb: 'bare lister kan forenes, og dette er ingen; velg "rank" eller "newest"', sv: 'bara listor kan förenas, och det här är ingen; välj "rank" eller "newest"' },
  unknownScope: { en: 'has no scope __scope__; there are __known__', nb: 'kan ikke avgrenses etter __scope__; det finnes __known__', sv: 'kan inte avgränsas efter __scope__; det finns __known__' },
  noScope: { en: 'has no scope __scope__; the kind has none', nb: 'kan ikke avgrenses etter __scope__; typen har ingen avgrensning', sv: 'kan inte avgränsas efter __scope__; typen har ingen avgränsning' },
  overlap: {
    en: 'a record may be in its scope and in that of the row of __other__, and neither is narrower; add a row for both scopes together, or take one away',
    nb: 'en post kan høre til denne avgrensningen og til den i raden om __other__, og ingen av dem er snevrere; legg til en rad for begge samlet, eller ta bort den ene',
    sv: 'en post kan höra till den här avgränsningen och till den i raden om __other__, och ingen av dem är snävare; lägg till en rad för båda tillsammans, eller ta bort den ena',
  },
  tables: { en: 'there are several role tables; keep one and delete the others', nb: 'det finnes flere rolletabeller; behold én og slett de andre', sv: 'det finns flera rolltabeller; behåll en och ta bort de andra' },
  off: { en: 'is switched off; a table without rows lets every system write everything', nb: 'er slått av; en tabell uten rader lar alle systemer skrive alt', sv: 'är avstängd; en tabell utan rader låter alla system skriva allt' },
  tab: { en: 'belongs to a tab, but a role table holds for all of them', nb: 'hører til en fane, men en rolletabell gjelder for alle', sv: 'hör till en flik, men en rolltabell gäller för alla' },
  bare: {
    en: 'nobody is master of these fields of __kind__, so every system may write them: __fields__. Add a row without a field for all that have no row of their own.',
    nb: 'ingen er master for disse feltene i __kind__, så alle systemer kan skrive dem: __fields__. Legg til en rad uten felt for alle som ikke har en egen rad.',
    sv: 'ingen är master för de här fälten i __kind__, så alla system får skriva dem: __fields__. Lägg till en rad utan fält för alla som inte har en egen rad.',
  },
  circle: {
    en: 'the row of __row__ can go round in circles: __systems__ are fed every __kind__ and are equal masters, so if one of them rewrites what it is given, each brings the other a new change. Rank them, or have only one of them be master.',
    nb: 'raden om __row__ kan gå i ring: __systems__ får hver __kind__ og er likestilte mastere, så hvis ett av dem skriver om det det får, gir de hverandre stadig nye endringer. Ranger dem, eller la bare ett av dem være master.',
    sv: 'raden om __row__ kan gå i cirklar: __systems__ får varje __kind__ och är likställda mastrar, så om ett av dem skriver om det som det får, ger de varandra ständigt nya ändringar. Ranka dem, eller låt bara ett av dem vara master.',
  },
} satisfies Record<string, Text>

const ands: Record<Language, string> = { en: ' and ', nb: ' og ', sv: ' och ' }

/** The fault as a sentence, without the row it is about. */
export function sayFault({ name, values = {} }: Pick<RoleFault, 'name' | 'values'>, language: Language = 'en'): string {
  return texts[name][language].replaceAll(/__(\w+)__/g, (mark, key: string) => [values[key] ?? mark].flat().join(ands[language]))
}

/** The fault as a finding, which names row and part of it. `place` is the file, or the node. */
export function toFinding(fault: RoleFault, place: Pick<FlowFinding, 'file' | 'node' | 'name' | 'type'>): FlowFinding {
  const { row, at, about, value } = fault
  const prefix = about !== undefined ? `the row of ${about}: ` : row !== undefined && at === undefined ? `row ${row + 1} ` : ''
  const field = at === undefined ? undefined : row === undefined ? at : `[${row}].${at}`
  return { code: fault.name === 'bare' ? 'roles.bare' : fault.name === 'circle' ? 'roles.circle' : 'roles.invalid', ...place, ...(field !== undefined && { field }), detail: prefix + sayFault(fault), ...(value !== undefined && { value }) }
}
