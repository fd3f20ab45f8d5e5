import type { Text } from '../../../runtime/kit/definition.ts'

export const changesHelp: Text = {
  en: `
Starts a flow for every record of a kind that a system has to know about: new, changed, or no longer wanted.

The hub always delivers the **newest** version. A record that changed fifty times in a burst is delivered once or twice. A change that came
from the fed system itself is not sent back to it. When the flow has finished without an error, the version counts as delivered.

**Outputs**

1. *new or changed*: the record is to be created or updated in the system.
2. *to be removed*: the record was deleted, its customer was erased, it was merged into another, no longer fits the filter, or is no longer listed. Leave it unwired where the system keeps
   such records.

**Message**

- \`msg.payload\`: the record: the fields of its kind, with \`id\`, \`number\`, \`version\`, \`schema\`, \`refs\`, \`createdAt\`, \`updatedAt\` and \`deletedAt\`.
- \`msg.topic\`: kind and operation, \`order/upsert\`.
- \`msg.torg.delivery\`: \`operation\` (upsert or remove), \`reason\`, \`reference\` (the fed system's own id of the record, if known), and
  \`idempotencyKey\`, which is the same for every attempt.

**Mode**

- *Live*: deliver.
- *Held*: what is wanted is collected and nothing is delivered. Switched to live, only the newest version of each record goes out.
- *Adopt*: to connect a system that is in use already. Every record saved meanwhile counts as known to the system in that version, and nothing is
  delivered. Switched to live, only what changes from then on goes out, removals included. What was waiting before is dropped.

A mode takes effect at the deploy; runs in flight end first.

**Period** (prices, campaigns, listings)

- *Only what is in effect now*: a record that begins later goes out when it begins, and leaves through the second output when it ends. For a webshop or a till
  with one price per article, which would charge tomorrow's price today.
- *All*: every record as soon as it is known, with its dates. For an ERP or a till that switches by itself, also without the hub.

**Listed** (products, variants, prices, stock)

Only articles that a listing in effect offers in this channel, store or market; of products, those with such an article. The narrowest listing decides, and \`blocked\` counts as not
offered. What came before its listing goes out when the listing begins, and leaves through the second output when it ends or is taken away. Within seconds, not in the moment of the save.

**Batch**

More than 1: one run gets up to so many records, new ones with new ones, removals with removals. \`msg.payload\` is then a list and
\`msg.torg.batch.items\` has, in the same order, what \`msg.torg.delivery\` has for one. *map* and *validate* go through the list by themselves. Each
record ends by itself: by what the sink says of it (*rest out* reads it from the answer), else as the run ends. What fails for good as a
whole is tried again with fewer, so that one record never parks the others. A lone record waits for nobody; batches grow under load. The
limits of the system count records, not batches.

**Filter**

Rules compare a field with a value. A path through a list, \`lines[].variant.sku\`, fits when any element fits. Decimals compare as numbers,
dates and instants by time.

**Errors**

A transient error (the system is down, or asks to slow down) is tried again by the hub, later and later. A permanent one (a mapping that
fails, a refused document) becomes a dead letter; the next version of the record opens it again.

**Example**

*hub changes* (order, feeds *ERP*) → *map* (order to ERP order) → *rest out* (POST /orders).
`,
  nb: `
Starter en flyt for hver post av en type som et system må få vite om: ny, endret eller ikke lenger ønsket.

Huben leverer alltid den **nyeste** versjonen. En post som ble endret femti ganger på rad, leveres én eller to ganger. En endring som kom
fra mottakersystemet selv, sendes ikke tilbake dit. Når flyten er ferdig uten feil, regnes versjonen som levert.

**Utganger**

1. *ny eller endret*: posten skal opprettes eller oppdateres i systemet.
2. *skal fjernes*: posten er slettet, kunden er slettet på forespørsel, slått sammen med en annen, passer ikke lenger til filteret, eller er ikke lenger i sortimentet. La den stå uten ledning der systemet
   beholder slike poster.

**Melding**

- \`msg.payload\`: posten: feltene til typen, sammen med \`id\`, \`number\`, \`version\`, \`schema\`, \`refs\`, \`createdAt\`, \`updatedAt\` og \`deletedAt\`.
- \`msg.topic\`: type og operasjon, \`order/upsert\`.
- \`msg.torg.delivery\`: \`operation\` (upsert eller remove), \`reason\`, \`reference\` (mottakersystemets egen id for posten, hvis kjent) og
  \`idempotencyKey\`, som er den samme for hvert forsøk.

**Modus**

- *Aktiv*: lever.
- *Holdt*: det som ønskes, samles opp, og ingenting leveres. Når den settes til aktiv, går bare den nyeste versjonen av hver post ut.
- *Overta*: for å koble til et system som allerede er i bruk. Hver post som lagres imens, regnes som kjent for systemet i den versjonen, og ingenting
  leveres. Når den settes til aktiv, går bare det som endres fra da av, ut, også fjerninger. Det som ventet fra før, droppes.

En modus gjelder fra deploy; kjøringer som er i gang, avsluttes først.

**Periode** (priser, kampanjer, utvalg)

- *Bare det som gjelder nå*: en post som begynner senere, leveres når den begynner, og går ut gjennom den andre utgangen når den slutter. For en nettbutikk
  eller kasse med én pris per vare, som ellers ville tatt morgendagens pris i dag.
- *Alle*: hver post så snart den er kjent, med datoene sine. For et ERP eller en kasse som bytter selv, også uten huben.

**I sortimentet** (produkter, varianter, priser, lager)

Bare varer som en gjeldende sortimentslinje tilbyr i denne kanalen, butikken eller dette markedet; av produkter de som har en slik vare. Den smaleste linjen avgjør, og \`blocked\` regnes som
ikke tilbudt. Det som kom før linjen, går ut når linjen begynner, og går ut gjennom den andre utgangen når den slutter eller tas bort. Innen sekunder, ikke i øyeblikket det lagres.

**Bunt**

Mer enn 1: én kjøring får opptil så mange poster, nye for seg og fjerninger for seg. \`msg.payload\` er da en liste, og
\`msg.torg.batch.items\` har i samme rekkefølge det \`msg.torg.delivery\` har for én. *map* og *validate* går gjennom listen selv. Hver post
ender for seg: etter det mottakernoden sier om den (*rest out* leser det fra svaret), ellers slik kjøringen ender. Det som feiler varig som
helhet, prøves igjen med færre, så én post aldri legger de andre til side. En enslig post venter ikke på noen; buntene vokser under last.
Grensene til systemet teller poster, ikke bunter.

**Filter**

Reglene sammenligner et felt med en verdi. En sti gjennom en liste, \`lines[].variant.sku\`, passer når et av elementene passer. Desimaltall
sammenlignes som tall, datoer og tidspunkter etter tid.

**Feil**

Ved en forbigående feil (systemet er nede, eller ber om lavere fart) prøver huben igjen, med stadig lengre mellomrom. En varig feil (en mapping
som ikke går, et avvist dokument) blir en dead letter; neste versjon av posten åpner den igjen.

**Eksempel**

*hub changes* (order, leverer til *ERP*) → *map* (ordre til ERP-ordre) → *rest out* (POST /orders).
`,
  sv: `
Startar ett flöde för varje post av en typ som ett system behöver känna till: ny, ändrad eller inte längre önskad.

Hubben levererar alltid den **nyaste** versionen. En post som ändrades femtio gånger i rad levereras en eller två gånger. En ändring som kom
från det mottagande systemet självt skickas inte tillbaka dit. När flödet är klart utan fel räknas versionen som levererad.

**Utgångar**

1. *ny eller ändrad*: posten ska skapas eller uppdateras i systemet.
2. *ska tas bort*: posten är raderad, kunden är raderad på begäran, sammanslagen med en annan, passar inte längre in i filtret eller finns inte längre i sortimentet. Lämna den utan ledning där systemet
   behåller sådana poster.

**Meddelande**

- \`msg.payload\`: posten: typens fält, tillsammans med \`id\`, \`number\`, \`version\`, \`schema\`, \`refs\`, \`createdAt\`, \`updatedAt\` och \`deletedAt\`.
- \`msg.topic\`: typ och operation, \`order/upsert\`.
- \`msg.torg.delivery\`: \`operation\` (upsert eller remove), \`reason\`, \`reference\` (det mottagande systemets eget id för posten, om det är känt) och
  \`idempotencyKey\`, som är densamma för varje försök.

**Läge**

- *Aktiv*: leverera.
- *Pausad*: det som önskas samlas, och inget levereras. När läget ändras till aktiv går bara den nyaste versionen av varje post ut.
- *Ta över*: för att ansluta ett system som redan används. Varje post som sparas under tiden räknas som känd av systemet i den versionen, och inget
  levereras. När läget ändras till aktiv går bara det som ändras därefter ut, även borttagningar. Det som väntade sedan tidigare släpps.

Ett läge gäller från deploy; körningar som pågår avslutas först.

**Period** (priser, kampanjer, sortiment)

- *Bara det som gäller nu*: en post som börjar senare levereras när den börjar, och går ut genom den andra utgången när den slutar. För en webbutik eller kassa
  med ett pris per artikel, som annars skulle ta morgondagens pris i dag.
- *Alla*: varje post så snart den är känd, med sina datum. För ett affärssystem eller en kassa som själv byter, även utan hubben.

**I sortimentet** (produkter, varianter, priser, lager)

Bara artiklar som en gällande sortimentsrad erbjuder i denna kanal, butik eller på denna marknad; av produkter de som har en sådan artikel. Den smalaste raden avgör, och \`blocked\` räknas som
inte erbjuden. Det som kom före raden går ut när raden börjar, och går ut genom den andra utgången när den slutar eller tas bort. Inom sekunder, inte i ögonblicket det sparas.

**Bunt**

Mer än 1: en körning får upp till så många poster, nya för sig och borttagningar för sig. \`msg.payload\` är då en lista, och
\`msg.torg.batch.items\` har i samma ordning det som \`msg.torg.delivery\` har för en. *map* och *validate* går själva igenom listan. Varje post
slutar för sig: efter vad mottagarnoden säger om den (*rest out* läser det ur svaret), annars som körningen slutar. Det som misslyckas
bestående som helhet körs om med färre, så att en post aldrig lägger de andra åt sidan. En ensam post väntar inte på någon; buntarna växer under
last. Systemets gränser räknar poster, inte buntar.

**Filter**

Reglerna jämför ett fält med ett värde. En sökväg genom en lista, \`lines[].variant.sku\`, passar när något av elementen passar. Decimaltal
jämförs som tal, datum och tidpunkter efter tid.

**Fel**

Vid ett tillfälligt fel (systemet är nere eller ber om lägre takt) försöker hubben igen, med allt längre mellanrum. Ett bestående fel (en mappning
som inte går, ett avvisat dokument) blir en dead letter; nästa version av posten öppnar den igen.

**Exempel**

*hub changes* (order, levererar till *ERP*) → *map* (order till ERP-order) → *rest out* (POST /orders).
`,
}
