import type { Text } from '../../../runtime/kit/definition.ts'

export const updateHelp: Text = {
  en: `
Changes a record that is in the hub already: some of its fields, its state, or both. What is not named stays. It goes the same way as *hub save*:
checked, merged under the role table, and delivered to every system that wants it.

**In**: a message with the number or id of the record, and the fields to change where there are any. A field that is \`null\` is taken away.

**New state** writes what belongs to the state, with the time the message was received: *confirmed* sets \`confirmedAt\` of an order, *ready* sets \`state\`
and \`readyAt\` of a fulfilment. A record that is in the state already is left as it is.

**Out**

- *Updated*: the stored record in \`msg.payload\`, and \`msg.saved\` with \`outcome\` (updated, unchanged) and \`refused\`: fields another system is master of.
- *Not found*: the message as it came.

**Errors**

- \`model.transition\`: the record may not go from its state to this one; the sentence names those it may go to.
- \`validation.schema\`, \`model.totals\`: with the change the record would not be valid.
- \`request.conflict\`: the record is not at the version named under *Only version from*.
- \`model.not-found\`: there is none, and *Fail the run* is chosen.

**Example**

*rest in* (the store says that a pickup is ready) → *hub update* (fulfilment by the store's id, new state *ready*).
`,
  nb: `
Endrer en post som allerede er i huben: noen av feltene, tilstanden, eller begge deler. Det som ikke er nevnt, blir stående. Den går samme vei som
*hub save*: kontrolleres, flettes etter rolletabellen og leveres til hvert system som vil ha den.

**Inn**: en melding med nummeret eller id-en til posten, og feltene som skal endres, om det er noen. Et felt som er \`null\`, blir fjernet.

**Ny tilstand** skriver det som hører til tilstanden, med tiden meldingen ble mottatt: *confirmed* setter \`confirmedAt\` på en ordre, *ready* setter
\`state\` og \`readyAt\` på en levering. En post som er i tilstanden allerede, blir som den er.

**Ut**

- *Oppdatert*: den lagrede posten i \`msg.payload\`, og \`msg.saved\` med \`outcome\` (updated, unchanged) og \`refused\`: felter et annet system er master for.
- *Ikke funnet*: meldingen slik den kom.

**Feil**

- \`model.transition\`: posten kan ikke gå fra sin tilstand til denne; setningen nevner dem den kan gå til.
- \`validation.schema\`, \`model.totals\`: med endringen ville posten ikke vært gyldig.
- \`request.conflict\`: posten har ikke versjonen som er nevnt under *Bare versjon fra*.
- \`model.not-found\`: den finnes ikke, og *La kjøringen feile* er valgt.

**Eksempel**

*rest in* (butikken sier at en henting er klar) → *hub update* (fulfilment med butikkens id, ny tilstand *ready*).
`,
  sv: `
Ändrar en post som redan finns i hubben: några av dess fält, dess tillstånd, eller båda. Det som inte nämns förblir. Den går samma väg som *hub save*:
kontrolleras, slås ihop enligt rolltabellen och levereras till varje system som vill ha den.

**In**: ett meddelande med postens nummer eller id, och fälten som ska ändras om det finns några. Ett fält som är \`null\` tas bort.

**Nytt tillstånd** skriver det som hör till tillståndet, med tiden då meddelandet togs emot: *confirmed* sätter \`confirmedAt\` på en order, *ready* sätter
\`state\` och \`readyAt\` på en leverans. En post som redan är i tillståndet förblir som den är.

**Ut**

- *Uppdaterad*: den sparade posten i \`msg.payload\`, och \`msg.saved\` med \`outcome\` (updated, unchanged) och \`refused\`: fält som ett annat system är master för.
- *Inte hittad*: meddelandet som det kom.

**Fel**

- \`model.transition\`: posten får inte gå från sitt tillstånd till detta; meningen nämner dem den får gå till.
- \`validation.schema\`, \`model.totals\`: med ändringen skulle posten inte vara giltig.
- \`request.conflict\`: posten har inte versionen som anges under *Bara version från*.
- \`model.not-found\`: den finns inte, och *Låt körningen misslyckas* är valt.

**Exempel**

*rest in* (butiken säger att en upphämtning är klar) → *hub update* (fulfilment med butikens id, nytt tillstånd *ready*).
`,
}
