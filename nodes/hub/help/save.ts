import type { Text } from '../../../runtime/kit/definition.ts'

export const saveHelp: Text = {
  en: `
Stores a canonical entity in the hub: creates the record, or merges the entity into the one its reference already names.

The same content saved twice makes no new version. A version older than the last one from the same reference is recorded, not applied. Every
*hub changes* node that wants the record gets it as soon as it is stored.

**In**

\`msg.payload\`: an entity of the chosen kind, as *map* makes it: the fields of the kind, \`refs\` with the system's own id first
(\`refs[0].id\`), and \`number\`, what people call it. System and kind of that first reference are filled in here, from the message the run
started with.

**Out**

- \`msg.payload\`: the stored record, with \`id\`, \`version\` and all its references.
- \`msg.saved\`: \`outcome\` (created, updated, unchanged, stale), and \`refused\`: fields another system is master of.
- everything else in the message travels on.

**Errors**

- \`model.no-reference\`: the entity has no \`refs[0].id\`.
- \`validation.schema\`: a field is missing or wrong. JSON pointer, value and all findings stand in the dead letter.
- \`model.totals\`: the sums of lines, taxes and totals do not agree.
- \`model.overlap\`: the price would hold at the same time as another one of its scope. Both are named; the stored one stays.

**Example**

*shopify in* (orders/create) → *map* (Shopify order to order) → *hub save* (order). The status shows *order 1042 v1 created*.
`,
  nb: `
Lagrer en kanonisk entitet i huben: oppretter posten, eller fletter entiteten inn i den som referansen allerede peker på.

Samme innhold lagret to ganger gir ingen ny versjon. En versjon som er eldre enn den siste fra samme referanse, blir notert, men ikke tatt i bruk.
Hver *hub changes*-node som vil ha posten, får den så snart den er lagret.

**Inn**

\`msg.payload\`: en entitet av den valgte typen, slik *map* lager den: feltene til typen, \`refs\` med systemets egen id først
(\`refs[0].id\`), og \`number\`, det folk kaller den. System og type for den første referansen fylles inn her, fra meldingen kjøringen startet
med.

**Ut**

- \`msg.payload\`: den lagrede posten, med \`id\`, \`version\` og alle referansene.
- \`msg.saved\`: \`outcome\` (created, updated, unchanged, stale) og \`refused\`: felter et annet system er master for.
- alt annet i meldingen følger med videre.

**Feil**

- \`model.no-reference\`: entiteten har ingen \`refs[0].id\`.
- \`validation.schema\`: et felt mangler eller er galt. JSON-peker, verdi og alle funn står i dead letter-en.
- \`model.totals\`: summene av linjer, avgifter og totaler stemmer ikke.
- \`model.overlap\`: prisen ville gjelde samtidig med en annen med samme virkeområde. Begge er nevnt; den lagrede blir stående.

**Eksempel**

*shopify in* (orders/create) → *map* (Shopify-ordre til ordre) → *hub save* (order). Statusen viser *order 1042 v1 created*.
`,
  sv: `
Sparar en kanonisk entitet i hubben: skapar posten, eller slår ihop entiteten med den som referensen redan pekar på.

Samma innehåll sparat två gånger ger ingen ny version. En version som är äldre än den senaste från samma referens noteras men används inte. Varje
*hub changes*-nod som vill ha posten får den så snart den är sparad.

**In**

\`msg.payload\`: en entitet av den valda typen, så som *map* gör den: typens fält, \`refs\` med systemets eget id först
(\`refs[0].id\`), och \`number\`, det som folk kallar den. System och typ för den första referensen fylls i här, från meddelandet som körningen
startade med.

**Ut**

- \`msg.payload\`: den sparade posten, med \`id\`, \`version\` och alla dess referenser.
- \`msg.saved\`: \`outcome\` (created, updated, unchanged, stale) och \`refused\`: fält som ett annat system är master för.
- allt annat i meddelandet följer med vidare.

**Fel**

- \`model.no-reference\`: entiteten har ingen \`refs[0].id\`.
- \`validation.schema\`: ett fält saknas eller är fel. JSON-pekare, värde och alla fynd står i dess dead letter.
- \`model.totals\`: summorna av rader, skatter och totaler stämmer inte.
- \`model.overlap\`: priset skulle gälla samtidigt som ett annat med samma omfattning. Båda nämns; det lagrade står kvar.

**Exempel**

*shopify in* (orders/create) → *map* (Shopify-order till order) → *hub save* (order). Statusen visar *order 1042 v1 created*.
`,
}
