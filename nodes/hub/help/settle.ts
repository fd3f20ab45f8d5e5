import type { Text } from '../../../runtime/kit/definition.ts'

export const settleHelp: Text = {
  en: `
Ends the run of this message with a decision of the flow's own.

A run normally ends by itself: done when its last node has finished, failed when a node reports an error. Use this node where the flow knows
better, above all **after a Catch node** that repairs something: without it an error that was caught still fails the run.

**Decisions**

- *Done*: the message counts as processed, the record as delivered, even if a node reported an error.
- *Try again later*: the hub runs it again after the time given. Attempts are counted.
- *Dead letter*: parked for a person, with the reason. Nothing is tried again until it is re-run, or a newer version of the record arrives.

The first decision of a run stands. In a batch it is about the records the message carries, or about the one that a *split* node made it of.

**In**: any message of a run. **Out**: nothing.

**Errors**: outside of a run (for example after an inject node) nothing can be settled; the node warns and shows *not in a run*.

**Example**

*Catch* → *switch* (\`msg.error.message\` contains "already exists") → *hub settle* (done); otherwise → *hub settle* (dead letter, reason
from \`error.message\`).
`,
  nb: `
Avslutter kjøringen til denne meldingen med en avgjørelse flyten tar selv.

Vanligvis ender en kjøring av seg selv: ferdig når den siste noden er ferdig, mislykket når en node melder en feil. Bruk denne noden der flyten vet
bedre, først og fremst **etter en Catch-node** som reparerer noe: uten den får en feil som ble fanget, likevel kjøringen til å feile.

**Avgjørelser**

- *Ferdig*: meldingen regnes som behandlet og posten som levert, selv om en node meldte en feil.
- *Prøv igjen senere*: huben kjører den igjen etter den angitte tiden. Forsøk telles.
- *Dead letter*: legges til side til noen tar tak i den, med årsaken. Huben prøver ikke igjen før noen kjører den på nytt, eller en nyere versjon
  av posten kommer.

Den første avgjørelsen i en kjøring gjelder. I en bunt gjelder den postene meldingen har med seg, eller den ene en *split*-node laget den av.

**Inn**: en hvilken som helst melding i en kjøring. **Ut**: ingenting.

**Feil**: utenfor en kjøring (for eksempel etter en inject-node) er det ingenting å avgjøre; noden advarer og viser *ikke i en kjøring*.

**Eksempel**

*Catch* → *switch* (\`msg.error.message\` inneholder "already exists") → *hub settle* (ferdig); ellers → *hub settle* (dead letter, årsak fra
\`error.message\`).
`,
  sv: `
Avslutar meddelandets körning med ett beslut som flödet fattar självt.

Vanligtvis slutar en körning av sig själv: klar när den sista noden är klar, misslyckad när en nod rapporterar ett fel. Använd den här noden där
flödet vet bättre, framför allt **efter en Catch-nod** som reparerar något: utan den får ett fel som fångades ändå körningen att misslyckas.

**Beslut**

- *Klar*: meddelandet räknas som behandlat och posten som levererad, även om en nod rapporterade ett fel.
- *Försök igen senare*: hubben kör det igen efter den angivna tiden. Försök räknas.
- *Dead letter*: läggs åt sidan tills någon tar hand om det, med orsaken. Hubben försöker inte igen förrän någon kör om det eller en nyare version
  av posten kommer.

Det första beslutet i en körning gäller. I en bunt gäller det posterna som meddelandet har med sig, eller den enda som en *split*-nod gjorde det av.

**In**: vilket meddelande som helst i en körning. **Ut**: ingenting.

**Fel**: utanför en körning (till exempel efter en inject-nod) finns inget att besluta; noden varnar och visar *inte i en körning*.

**Exempel**

*Catch* → *switch* (\`msg.error.message\` innehåller "already exists") → *hub settle* (klar); annars → *hub settle* (dead letter, orsak från
\`error.message\`).
`,
}
