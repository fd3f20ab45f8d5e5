import type { Text } from '../../../runtime/kit/definition.ts'

export const validateHelp: Text = {
  en: `
Checks a part of the message against a type: a canonical kind, a type of a connector, or a schema of this project (\`schemas/<name>.json\`).

It is the only node that turns something unknown, such as the result of a function node, into a type again: what follows may rely on it.

**In**: the property to check, \`msg.payload\` unless another is named. **Out**: the same message, unchanged.

**When it does not fit**

- *Fail the run*: the message becomes a dead letter with code \`validation.schema\`, carrying the JSON pointer, the value and all findings.
- *Second output*: the message leaves there, with \`msg.invalid\` holding \`detail\`, \`pointer\`, \`value\` and the list \`errors\`.

**Errors**: a type that does not exist is refused at deploy.

**Example**

*rest in* → *function* → *validate* (project:erp-order) → *map*.
`,
  nb: `
Kontrollerer en del av meldingen mot en type: en kanonisk type, en type fra en connector eller et skjema i dette prosjektet
(\`schemas/<navn>.json\`).

Det er den eneste noden som gjør noe ukjent, for eksempel resultatet av en function-node, til en type igjen: det som følger, kan stole på den.

**Inn**: egenskapen som skal kontrolleres, \`msg.payload\` om ikke en annen er nevnt. **Ut**: samme melding, uendret.

**Når det ikke passer**

- *La kjøringen feile*: meldingen blir en dead letter med koden \`validation.schema\`, med JSON-peker, verdi og alle funn.
- *Andre utgang*: meldingen går ut der, med \`msg.invalid\` som inneholder \`detail\`, \`pointer\`, \`value\` og listen \`errors\`.

**Feil**: en type som ikke finnes, avvises ved utrulling.

**Eksempel**

*rest in* → *function* → *validate* (project:erp-order) → *map*.
`,
  sv: `
Kontrollerar en del av meddelandet mot en typ: en kanonisk typ, en typ från en connector eller ett schema i det här projektet
(\`schemas/<namn>.json\`).

Det är den enda noden som gör något okänt, till exempel resultatet av en function-nod, till en typ igen: det som följer kan lita på den.

**In**: egenskapen som ska kontrolleras, \`msg.payload\` om ingen annan anges. **Ut**: samma meddelande, oförändrat.

**När det inte passar**

- *Låt körningen misslyckas*: meddelandet blir en dead letter med koden \`validation.schema\`, med JSON-pekare, värde och alla fynd.
- *Andra utgången*: meddelandet går ut där, med \`msg.invalid\` som innehåller \`detail\`, \`pointer\`, \`value\` och listan \`errors\`.

**Fel**: en typ som inte finns avvisas vid driftsättning.

**Exempel**

*rest in* → *function* → *validate* (project:erp-order) → *map*.
`,
}
