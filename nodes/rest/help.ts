import type { Text } from '../../runtime/kit/definition.ts'

export const connectorHelp: Text = {
  en: `Any system that speaks JSON over HTTP: an ERP, a CRM, a store system, a service of your own.

One **rest-system** says where it is, how the hub logs in, and how its webhooks are verified; **rest in** takes its webhooks, **rest poll** asks it for changes, **rest out** writes to it.

**Listings** say how to ask it what it holds, so that \`torg prove\` finds what it acknowledged and does not have, what nobody sent, and amounts that differ. One entry per kind:

    [{ "kind": "order", "path": "/orders", "query": { "updated_after": "{from}" }, "itemsPath": "data",
       "idPath": "id", "numberPath": "no", "timePath": "created", "amountPath": "total", "currencyPath": "currency",
       "paging": "cursor", "nextPath": "next", "nextParameter": "cursor" }]

\`idPath\` leads to the id the hub knows: what **rest out** took from the answer, the record's own id or its number. \`{from}\` and \`{to}\` are times; what was created or changed since \`{from}\` must be among the items, and only what the hub writes there should be. \`paging\` is \`none\`, \`link\`, \`cursor\` or \`page\` (\`pageParameter\`), as for **rest poll**; with \`"amountUnit": "minor"\` amounts are in øre or cents.

[Standard Webhooks](https://www.standardwebhooks.com) · [OAuth2 client credentials](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)`,
  nb: `Ethvert system som snakker JSON over HTTP: et ERP, et CRM, et butikksystem, en egen tjeneste.

Et **rest-system** sier hvor det er, hvordan huben logger inn, og hvordan webhooks derfra verifiseres; **rest in** tar imot dem, **rest poll** spør etter endringer, **rest out** skriver til systemet.

**Lister** sier hvordan man spør systemet hva det inneholder, slik at \`torg prove\` finner det som er kvittert for, men mangler, det ingen har sendt, og beløp som avviker. En oppføring per type:

    [{ "kind": "order", "path": "/orders", "query": { "updated_after": "{from}" }, "itemsPath": "data",
       "idPath": "id", "numberPath": "no", "timePath": "created", "amountPath": "total", "currencyPath": "currency",
       "paging": "cursor", "nextPath": "next", "nextParameter": "cursor" }]

\`idPath\` fører til id-en huben kjenner: den **rest out** tok fra svaret, postens egen id eller nummeret. \`{from}\` og \`{to}\` er tidspunkter; det som er opprettet eller endret siden \`{from}\`, må være blant elementene, og bare det huben skriver dit, bør være der. \`paging\` er \`none\`, \`link\`, \`cursor\` eller \`page\` (\`pageParameter\`), som for **rest poll**; med \`"amountUnit": "minor"\` er beløpene i øre eller cent.

[Standard Webhooks](https://www.standardwebhooks.com) · [OAuth2 client credentials](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)`,
  sv: `Vilket system som helst som talar JSON över HTTP: ett ERP, ett CRM, ett butikssystem, en egen tjänst.

Ett **rest-system** säger var det finns, hur hubben loggar in och hur dess webhooks verifieras; **rest in** tar emot dem, **rest poll** frågar efter ändringar, **rest out** skriver till systemet.

**Listor** säger hur man frågar systemet vad det innehåller, så att \`torg prove\` hittar det som är kvitterat men saknas, det som ingen har skickat, och belopp som avviker. En post per typ:

    [{ "kind": "order", "path": "/orders", "query": { "updated_after": "{from}" }, "itemsPath": "data",
       "idPath": "id", "numberPath": "no", "timePath": "created", "amountPath": "total", "currencyPath": "currency",
       "paging": "cursor", "nextPath": "next", "nextParameter": "cursor" }]

\`idPath\` leder till det id hubben känner: det som **rest out** tog ur svaret, postens eget id eller numret. \`{from}\` och \`{to}\` är tidpunkter; det som skapats eller ändrats sedan \`{from}\` måste finnas bland elementen, och bara det som hubben skriver dit bör finnas där. \`paging\` är \`none\`, \`link\`, \`cursor\` eller \`page\` (\`pageParameter\`), som för **rest poll**; med \`"amountUnit": "minor"\` är beloppen i öre eller cent.

[Standard Webhooks](https://www.standardwebhooks.com) · [OAuth2 client credentials](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)`,
}

export const inHelp: Text = {
  en: `Starts the flow with the document of a webhook, sent to \`<public URL>/in/<system key>/<path>\`.

**Goes in:** a POST, PUT or PATCH with JSON, verified as the system says: refused with 401 otherwise. It is stored before it is acknowledged.

**Comes out:** \`msg.payload\` is the document. It has no type yet; a **validate** node gives it one.

**Can fail:** a document without a value at *Key* is stored and goes to dead letter (\`message.no-key\`).`,
  nb: `Starter flyten med dokumentet fra en webhook, sendt til \`<offentlig adresse>/in/<systemnøkkel>/<sti>\`.

**Inn:** en POST, PUT eller PATCH med JSON, verifisert slik systemet sier: ellers avvist med 401. Det lagres før det kvitteres.

**Ut:** \`msg.payload\` er dokumentet. Det har ingen type ennå; en **validate**-node gir det en.

**Kan feile:** et dokument uten verdi i *Nøkkel* lagres og blir en dead letter (\`message.no-key\`).`,
  sv: `Startar flödet med dokumentet från en webhook, skickat till \`<offentlig adress>/in/<systemnyckel>/<sökväg>\`.

**In:** en POST, PUT eller PATCH med JSON, verifierad så som systemet säger: annars avvisad med 401. Det sparas innan det kvitteras.

**Ut:** \`msg.payload\` är dokumentet. Det har ingen typ ännu; en **validate**-nod ger det en.

**Kan misslyckas:** ett dokument utan värde i *Nyckel* sparas och blir en dead letter (\`message.no-key\`).`,
}

export const outHelp: Text = {
  en: `Writes to the system with one HTTP request and ends a flow, or hands the answer on.

**Goes in:** \`msg.payload\` is sent as JSON. The path, and the headers, may hold values of the payload in braces: \`/orders/{number}\`.

**Comes out:** \`msg.payload\` is the answer, \`msg.statusCode\` its status.

**Again and again:** an attempt whose end is unknown is sent again. So the path should name the document (PUT \`/orders/{number}\`), or the system should know the idempotency key: it is the same for every attempt, another for every version of the record, every redelivery, every node, and every part of a split message.

**Own ids:** tell where the id stands in the answer and it becomes a reference of the record; with *Other request for what it knows* the next version goes to that id.

**Create only:** an address that cannot change what it has created is said so under *What it can do*. A record that the system has already, because it acknowledged it or because the record has an id of the system, is then not sent but waits for a person (\`system.create-only\`).

**Batches:** where *hub changes* delivers in batches, the list is sent with one request. Say under *The answer tells of each item* where the results stand, and each record ends by its own: taken, tried again (429, 5xx, a word for later), or refused, with the field at fault. Also read from an answer of 400, 409 or 422. An endpoint that takes all or nothing needs none of it: what it refuses is tried again with fewer until the one at fault stands alone.

**Removals:** a delivery to remove sends the request chosen under *To remove*; 404 and 410 then count as done. Where its path needs \`{reference}\` and the system never gave an id, nothing is sent.

**Can fail:** no connection, time-out, 408, 425, 5xx (\`system.unavailable\`), 429 (\`system.throttled\`) and 409 (\`system.conflict\`) are tried again; 401 and 403 (\`system.credentials\`) and every other refusal (\`system.refused\`) go to dead letter.`,
  nb: `Skriver til systemet med én HTTP-forespørsel og avslutter en flyt, eller sender svaret videre.

**Inn:** \`msg.payload\` sendes som JSON. Stien og headerne kan ha verdier fra payload i krøllparenteser: \`/orders/{number}\`.

**Ut:** \`msg.payload\` er svaret, \`msg.statusCode\` statusen.

**Om igjen:** et forsøk der utfallet er ukjent, sendes på nytt. Derfor bør stien navngi dokumentet (PUT \`/orders/{number}\`), eller systemet bør kjenne idempotensnøkkelen: den er den samme for hvert forsøk, en annen for hver versjon av posten, hver ny levering, hver node og hver del av en delt melding.

**Egne id-er:** si hvor id-en står i svaret, så blir den en referanse på posten; med *Egen forespørsel for kjente poster* går neste versjon til den id-en.

**Bare opprette:** kan adressen ikke endre det den har opprettet, sies det under *Hva det kan*. En post som systemet alt har, fordi det har kvittert for den eller fordi posten har en id i systemet, sendes da ikke, men venter på et menneske (\`system.create-only\`).

**Bunter:** der *hub changes* leverer i bunter, sendes listen med én forespørsel. Si under *Svaret forteller om hvert element* hvor resultatene står, så ender hver post for seg: tatt imot, prøvd igjen (429, 5xx, et ord for senere) eller avvist, med feltet som er feil. De leses også fra et svar med 400, 409 eller 422. Et endepunkt som tar alt eller ingenting, trenger ikke dette: det som avvises, prøves igjen med færre til den som har feilen, står alene.

**Fjerning:** en levering som skal fjerne, sender forespørselen valgt under *Ved fjerning*; 404 og 410 regnes da som utført. Trenger stien \`{reference}\` og systemet aldri ga en id, sendes ingenting.

**Kan feile:** ingen forbindelse, tidsavbrudd, 408, 425, 5xx (\`system.unavailable\`), 429 (\`system.throttled\`) og 409 (\`system.conflict\`): huben prøver igjen; 401 og 403 (\`system.credentials\`) og alle andre avslag (\`system.refused\`) blir en dead letter.`,
  sv: `Skriver till systemet med ett HTTP-anrop och avslutar ett flöde, eller skickar svaret vidare.

**In:** \`msg.payload\` skickas som JSON. Sökvägen och headers kan ha värden från payload i klammerparenteser: \`/orders/{number}\`.

**Ut:** \`msg.payload\` är svaret, \`msg.statusCode\` dess status.

**Om igen:** ett försök vars utfall är okänt skickas på nytt. Därför bör sökvägen namnge dokumentet (PUT \`/orders/{number}\`), eller så bör systemet känna idempotensnyckeln: den är densamma för varje försök, en annan för varje version av posten, varje ny leverans, varje nod och varje del av ett delat meddelande.

**Egna id:n:** säg var id:t står i svaret, så blir det en referens på posten; med *Eget anrop för kända poster* går nästa version till det id:t.

**Bara skapa:** kan adressen inte ändra det den har skapat sägs det under *Vad det kan*. En post som systemet redan har, för att det har kvitterat den eller för att posten har ett id i systemet, skickas då inte utan väntar på en människa (\`system.create-only\`).

**Buntar:** där *hub changes* levererar i buntar skickas listan med ett anrop. Säg under *Svaret berättar om varje element* var resultaten står, så slutar varje post för sig: mottagen, körd om (429, 5xx, ett ord för senare) eller avvisad, med fältet som är fel. De läses också ur ett svar med 400, 409 eller 422. En endpoint som tar allt eller inget behöver inte detta: det som avvisas körs om med färre tills den som har felet står ensam.

**Borttagning:** en leverans som ska ta bort skickar anropet som valts under *Vid borttagning*; 404 och 410 räknas då som utfört. Behöver sökvägen \`{reference}\` och systemet aldrig gav något id, skickas ingenting.

**Kan misslyckas:** ingen anslutning, timeout, 408, 425, 5xx (\`system.unavailable\`), 429 (\`system.throttled\`) och 409 (\`system.conflict\`): hubben försöker igen; 401 och 403 (\`system.credentials\`) och alla andra avslag (\`system.refused\`) blir en dead letter.`,
}

export const pollHelp: Text = {
  en: `Starts the flow with each document that the system says has changed.

**How:** asks with GET, page by page, for what changed since the newest time seen less the overlap. Each item is stored before the node remembers how far it has read; nothing is lost when the hub stops in between. One process polls at a time.

**Comes out:** \`msg.payload\` is one item.

**Seen before:** key and time of change together (or the content, without a time) tell an item from one seen before, which does nothing.

**Can fail:** an answer without the list (\`system.refused\`); an item without a value at *Key* goes to dead letter (\`message.no-key\`).`,
  nb: `Starter flyten med hvert dokument som systemet sier er endret.

**Hvordan:** spør med GET, side for side, etter det som er endret siden den nyeste tiden som er sett, minus overlappet. Hvert element lagres før noden husker hvor langt den har lest; ingenting går tapt om huben stopper imens. Én prosess spør om gangen.

**Ut:** \`msg.payload\` er ett element.

**Sett før:** nøkkel og endringstid sammen (eller innholdet, uten en tid) skiller et element fra et som er sett før; det gjør ingenting.

**Kan feile:** et svar uten listen (\`system.refused\`); et element uten verdi i *Nøkkel* blir en dead letter (\`message.no-key\`).`,
  sv: `Startar flödet med varje dokument som systemet säger har ändrats.

**Hur:** frågar med GET, sida för sida, efter det som ändrats sedan den nyaste tiden som setts, minus överlappet. Varje element sparas innan noden minns hur långt den har läst; inget går förlorat om hubben stannar däremellan. En process frågar åt gången.

**Ut:** \`msg.payload\` är ett element.

**Sett förut:** nyckel och ändringstid tillsammans (eller innehållet, utan en tid) skiljer ett element från ett som setts förut; det gör ingenting.

**Kan misslyckas:** ett svar utan listan (\`system.refused\`); ett element utan värde i *Nyckel* blir en dead letter (\`message.no-key\`).`,
}
