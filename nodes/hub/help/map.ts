import type { Text } from '../../../runtime/kit/definition.ts'

export const mapHelp: Text = {
  en: `
Makes one document from another by rules: a webshop's order becomes the canonical order, the canonical order becomes the ERP's.

Rules are data, kept in the flow file and compiled once. They see the document and the message's context, and nothing else: the same input
always gives the same output.

**In**: the source property, \`msg.payload\` unless another is named. It is not changed. **Out**: a new document in the target property; everything
else in the message travels on.

**Rules**

A rule fills one *target* from a *source* path, a fixed *value*, or a JSONata *expression*, then runs it through *steps*. Paths are written from the
root of the document; \`[]\` goes through a list.

| target | source | steps |
|---|---|---|
| \`number\` | \`name\` | |
| \`refs[0].id\` | \`id\` | text |
| \`placedAt\` | \`created_at\` | instant |
| \`lines[].sku\` | \`line_items[].sku\` | |
| \`lines[].unitPrice\` | \`line_items[].price\` | money (currency: path currency) |

- Rules with the same prefix \`lines[]\` make one element per element of the source's list.
- The same target twice means *if, else*: all but the last need a condition.
- A value that is missing leaves its target out. The steps *default* and *required* say otherwise.
- \`$context\` holds what is known of the message: \`system\`, \`key\`, \`topic\`, \`receivedAt\`.
- In a batch each element of the list is mapped by itself; one that cannot be mapped leaves the batch with its error, the others go on.
- The step *lookup* reads a table of the project, \`lookups/<name>.json\`.
- Amounts are decimal strings and are computed exactly. Use an expression for texts and structure, never for money.

**Editing**

Add, remove and move rules with the buttons, or with the keyboard: *Alt+Up* and *Alt+Down* move the rule, *Enter* adds one below.
The text view shows one line per rule and can be edited, copied and pasted.

**Errors**

- \`mapping.invalid\` at deploy: the rule named cannot be read.
- \`mapping.failed\`: a value could not be converted. The dead letter carries the rule, the JSON pointer into the source, and the value.
`,
  nb: `
Lager ett dokument av et annet etter regler: en nettbutikks ordre blir den kanoniske ordren, den kanoniske ordren blir ERP-systemets.

Reglene er data, lagres i flytfilen og kompileres én gang. De ser dokumentet og meldingens kontekst, og ikke noe annet: samme inndata gir alltid
samme resultat.

**Inn**: kildeegenskapen, \`msg.payload\` om ikke en annen er nevnt. Den endres ikke. **Ut**: et nytt dokument i målegenskapen; alt annet i
meldingen følger med videre.

**Regler**

En regel fyller ett *mål* fra en *kildesti*, en fast *verdi* eller et JSONata-*uttrykk*, og sender det så gjennom *steg*. Stier skrives fra roten av
dokumentet; \`[]\` går gjennom en liste.

| mål | kilde | steg |
|---|---|---|
| \`number\` | \`name\` | |
| \`refs[0].id\` | \`id\` | text |
| \`placedAt\` | \`created_at\` | instant |
| \`lines[].sku\` | \`line_items[].sku\` | |
| \`lines[].unitPrice\` | \`line_items[].price\` | money (currency: path currency) |

- Regler med samme begynnelse \`lines[]\` lager ett element per element i kildens liste.
- Samme mål to ganger betyr *hvis, ellers*: alle unntatt den siste trenger en betingelse.
- Mangler verdien, utelates målet. Stegene *default* og *required* endrer på det.
- \`$context\` inneholder det som er kjent om meldingen: \`system\`, \`key\`, \`topic\`, \`receivedAt\`.
- I en bunt mappes hvert element i listen for seg; et som ikke kan mappes, forlater bunten med feilen sin, de andre går videre.
- Steget *lookup* leser en tabell i prosjektet, \`lookups/<navn>.json\`.
- Beløp er desimaltall skrevet som tekst og regnes eksakt. Bruk uttrykk for tekst og struktur, aldri for penger.

**Redigering**

Legg til, fjern og flytt regler med knappene eller tastaturet: *Alt+Opp* og *Alt+Ned* flytter regelen, *Enter* legger til en under.
Tekstvisningen har én linje per regel og kan redigeres, kopieres og limes inn.

**Feil**

- \`mapping.invalid\` ved utrulling: regelen som nevnes, kan ikke leses.
- \`mapping.failed\`: en verdi kunne ikke konverteres. I dead letter-en står regelen, JSON-pekeren inn i kilden og verdien.
`,
  sv: `
Gör ett dokument av ett annat enligt regler: en webbutiks order blir den kanoniska ordern, den kanoniska ordern blir affärssystemets.

Reglerna är data, sparas i flödesfilen och kompileras en gång. De ser dokumentet och meddelandets kontext, och inget annat: samma indata ger alltid
samma resultat.

**In**: källegenskapen, \`msg.payload\` om ingen annan anges. Den ändras inte. **Ut**: ett nytt dokument i målegenskapen; allt annat i
meddelandet följer med vidare.

**Regler**

En regel fyller ett *mål* från en *källsökväg*, ett fast *värde* eller ett JSONata-*uttryck*, och skickar det sedan genom *steg*. Sökvägar skrivs från
dokumentets rot; \`[]\` går genom en lista.

| mål | källa | steg |
|---|---|---|
| \`number\` | \`name\` | |
| \`refs[0].id\` | \`id\` | text |
| \`placedAt\` | \`created_at\` | instant |
| \`lines[].sku\` | \`line_items[].sku\` | |
| \`lines[].unitPrice\` | \`line_items[].price\` | money (currency: path currency) |

- Regler med samma början \`lines[]\` gör ett element per element i källans lista.
- Samma mål två gånger betyder *om, annars*: alla utom den sista behöver ett villkor.
- Saknas värdet utelämnas målet. Stegen *default* och *required* ändrar på det.
- \`$context\` innehåller det som är känt om meddelandet: \`system\`, \`key\`, \`topic\`, \`receivedAt\`.
- I en bunt mappas varje element i listan för sig; ett som inte kan mappas lämnar bunten med sitt fel, de andra går vidare.
- Steget *lookup* läser en tabell i projektet, \`lookups/<namn>.json\`.
- Belopp är decimaltal skrivna som text och räknas exakt. Använd uttryck för text och struktur, aldrig för pengar.

**Redigering**

Lägg till, ta bort och flytta regler med knapparna eller tangentbordet: *Alt+Upp* och *Alt+Ned* flyttar regeln, *Enter* lägger till en under.
Textvyn har en rad per regel och kan redigeras, kopieras och klistras in.

**Fel**

- \`mapping.invalid\` vid driftsättning: regeln som nämns kan inte läsas.
- \`mapping.failed\`: ett värde kunde inte konverteras. I dess dead letter står regeln, JSON-pekaren in i källan och värdet.
`,
}
