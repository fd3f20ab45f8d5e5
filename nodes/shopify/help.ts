import type { Text } from '../../runtime/kit/definition.ts'

export const connectorHelp: Text = {
  en: `Takes orders from a Shopify webshop or its point of sale, and writes to it through its Admin API.

In Shopify, add a webhook for each topic with the format JSON and the address shown on the **shopify in** node (\`<public URL>/in/<system key>\`). The same secret signs all of them.

With the Admin API token of an app that may read orders (\`read_orders\`; for those older than 60 days \`read_all_orders\`), \`torg prove\` counts the orders in the shop itself. **shopify out** needs the permission of its mutation as well, such as \`write_customers\` or \`write_products\`.

[Webhooks at Shopify](https://shopify.dev/docs/apps/build/webhooks)`,
  nb: `Tar imot ordrer fra en nettbutikk i Shopify eller fra kassen dens, og skriver til den gjennom Admin API.

Legg inn en webhook i Shopify for hvert emne, med formatet JSON og adressen som vises på noden **shopify in** (\`<offentlig adresse>/in/<systemnøkkel>\`). Samme hemmelighet signerer alle.

Med Admin API-tokenet til en app som kan lese ordrer (\`read_orders\`; for dem som er eldre enn 60 dager \`read_all_orders\`), teller \`torg prove\` ordrene i selve butikken. **shopify out** trenger også tillatelsen som mutasjonen krever, som \`write_customers\` eller \`write_products\`.

[Webhooks hos Shopify](https://shopify.dev/docs/apps/build/webhooks)`,
  sv: `Tar emot order från en webbutik i Shopify eller från dess kassa, och skriver till den genom Admin API.

Lägg till en webhook i Shopify för varje ämne, med formatet JSON och adressen som visas på noden **shopify in** (\`<offentlig adress>/in/<systemnyckel>\`). Samma hemlighet signerar alla.

Med Admin API-token för en app som får läsa order (\`read_orders\`; för dem som är äldre än 60 dagar \`read_all_orders\`) räknar \`torg prove\` orderna i själva butiken. **shopify out** behöver också behörigheten som mutationen kräver, som \`write_customers\` eller \`write_products\`.

[Webhooks hos Shopify](https://shopify.dev/docs/apps/build/webhooks)`,
}

export const orderInHelp: Text = {
  en: `Starts the flow with one order, whenever Shopify says that it was placed or changed.

**Goes in:** Shopify's webhook. Its signature (\`X-Shopify-Hmac-Sha256\`, over the body as it came) must hold, or it is answered 401 and nothing is stored. It is stored before it is acknowledged.

**Comes out:** \`msg.payload\` is the order as Shopify writes it ([the order resource](https://shopify.dev/docs/api/admin-rest/latest/resources/order)), \`msg.torg.message.topic\` tells which topic it was.

**Order and duplicates:** the messages of one order run one after the other. A webhook that comes again with the same event id does nothing. Shopify may send an older state after a newer one: \`updated_at\` goes along as the source's own time, and **hub save** does not apply what is older.

**Can fail:** a body without \`id\` is stored and goes to dead letter (\`message.no-key\`).`,
  nb: `Starter flyten med én ordre hver gang Shopify sier at den er lagt inn eller endret.

**Inn:** webhooken fra Shopify. Signaturen (\`X-Shopify-Hmac-Sha256\`, over innholdet slik det kom) må stemme, ellers svares det 401 og ingenting lagres. Den lagres før den kvitteres.

**Ut:** \`msg.payload\` er ordren slik Shopify skriver den ([ordreressursen](https://shopify.dev/docs/api/admin-rest/latest/resources/order)), \`msg.torg.message.topic\` forteller hvilket emne det var.

**Rekkefølge og duplikater:** meldingene om én ordre kjøres etter hverandre. En webhook som kommer igjen med samme hendelses-id, gjør ingenting. Shopify kan sende en eldre tilstand etter en nyere: \`updated_at\` følger med som kildens egen tid, og **hub save** tar ikke i bruk det som er eldre.

**Kan feile:** innhold uten \`id\` lagres og blir en dead letter (\`message.no-key\`).`,
  sv: `Startar flödet med en order varje gång Shopify säger att den har lagts eller ändrats.

**In:** webhooken från Shopify. Signaturen (\`X-Shopify-Hmac-Sha256\`, över innehållet som det kom) måste stämma, annars blir svaret 401 och inget lagras. Den lagras innan den kvitteras.

**Ut:** \`msg.payload\` är ordern så som Shopify skriver den ([orderresursen](https://shopify.dev/docs/api/admin-rest/latest/resources/order)), \`msg.torg.message.topic\` berättar vilket ämne det var.

**Ordning och dubbletter:** meddelandena om en order körs efter varandra. En webhook som kommer igen med samma händelse-id gör ingenting. Shopify kan skicka ett äldre tillstånd efter ett nyare: \`updated_at\` följer med som källans egen tid, och **hub save** tillämpar inte det som är äldre.

**Kan misslyckas:** innehåll utan \`id\` lagras och blir en dead letter (\`message.no-key\`).`,
}

export const mutationOutHelp: Text = {
  en: `Writes to the shop with one mutation of Shopify's [Admin API](https://shopify.dev/docs/api/admin-graphql): a price, a text, a customer's phone number.

**Goes in:** \`msg.payload\` holds the mutation's variables, as a **map** makes them; \`{ "input": { "id": "gid://shopify/Customer/6720114000010", "phone": "+4791234567" } }\` for \`customerUpdate(input: $input)\`. Ids of the shop are on the record's \`refs\`; \`$context.reference\` is that of the record itself.

**Comes out:** \`msg.payload\` is the \`data\` of the answer.

**Ask for \`userErrors { field message }\`:** the shop answers 200 also where it refuses, and says so there only.

**Again:** an attempt whose end is unknown is sent again, so choose mutations that set a value (\`customerUpdate\`, \`productVariantsBulkUpdate\`, \`metafieldsSet\`, \`productSet\`) and not such that add one.

**Removal:** wire the second output of **hub changes** to a **shopify out** of its own, with the mutation that takes away.

**Can fail:** no connection, 5xx (\`system.unavailable\`) and the shop's limits (\`system.throttled\`): the hub tries again. User errors (\`system.refused\`) and a token that may not (\`system.credentials\`) go to dead letter.`,
  nb: `Skriver til butikken med én mutasjon i Shopifys [Admin API](https://shopify.dev/docs/api/admin-graphql): en pris, en tekst, telefonnummeret til en kunde.

**Inn:** \`msg.payload\` har variablene til mutasjonen, slik en **map** lager dem; \`{ "input": { "id": "gid://shopify/Customer/6720114000010", "phone": "+4791234567" } }\` for \`customerUpdate(input: $input)\`. Butikkens id-er står i \`refs\` på posten; \`$context.reference\` er den til posten selv.

**Ut:** \`msg.payload\` er \`data\` i svaret.

**Be om \`userErrors { field message }\`:** butikken svarer 200 også når den avviser, og sier det bare der.

**På nytt:** et forsøk med ukjent utfall sendes igjen, så velg mutasjoner som setter en verdi (\`customerUpdate\`, \`productVariantsBulkUpdate\`, \`metafieldsSet\`, \`productSet\`), ikke slike som legger til.

**Fjerning:** koble den andre utgangen på **hub changes** til en egen **shopify out**, med mutasjonen som tar bort.

**Kan feile:** ingen forbindelse, 5xx (\`system.unavailable\`) og butikkens grenser (\`system.throttled\`): huben prøver igjen. Brukerfeil (\`system.refused\`) og et token uten tillatelse (\`system.credentials\`) blir en dead letter.`,
  sv: `Skriver till butiken med en mutation i Shopifys [Admin API](https://shopify.dev/docs/api/admin-graphql): ett pris, en text, en kunds telefonnummer.

**In:** \`msg.payload\` har mutationens variabler, så som en **map** gör dem; \`{ "input": { "id": "gid://shopify/Customer/6720114000010", "phone": "+4791234567" } }\` för \`customerUpdate(input: $input)\`. Butikens id:n står i postens \`refs\`; \`$context.reference\` är postens eget.

**Ut:** \`msg.payload\` är \`data\` i svaret.

**Be om \`userErrors { field message }\`:** butiken svarar 200 även när den avvisar, och säger det bara där.

**Om igen:** ett försök vars utfall är okänt skickas på nytt, så välj mutationer som sätter ett värde (\`customerUpdate\`, \`productVariantsBulkUpdate\`, \`metafieldsSet\`, \`productSet\`) och inte sådana som lägger till.

**Borttagning:** koppla den andra utgången på **hub changes** till en egen **shopify out**, med mutationen som tar bort.

**Kan misslyckas:** ingen anslutning, 5xx (\`system.unavailable\`) och butikens gränser (\`system.throttled\`): hubben försöker igen. Användarfel (\`system.refused\`) och en token utan behörighet (\`system.credentials\`) blir en dead letter.`,
}
