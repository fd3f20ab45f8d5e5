import type { Text } from '../../../runtime/kit/definition.ts'

export const findHelp: Text = {
  en: `
Looks up a record of the hub: by the number people call it by, by the id a system gave it, by the hub's own id, or by what it has in common with the message: an e-mail
address, a phone or card number, a GTIN.

**In**: a message with the number or id in the property named under *Value from*.

**Out**

- *Found*: the record in the property named under *Result to*, as *hub save* gives it: fields, \`id\`, \`version\`, \`refs\`, \`status\`.
- *Not found*: the message as it came. A record that is deleted counts as not found, and so does an empty value: the order of a guest has no customer. What several records
  have in common finds none of them.

**Errors**

- \`model.not-found\`: there is none, and *Fail the run* is chosen.
- \`validation.schema\`: the value is neither a text nor a whole number.

**Example**

*rest in* (a pickup is ready, payload \`{ "order": "1042" }\`) → *hub find* (order by number, value from \`payload.order\`, result to \`order\`) → *map*.
`,
  nb: `
Slår opp en post i huben: med nummeret folk bruker, med id-en et system har gitt den, med hubens egen id, eller med det den har felles med meldingen: en
e-postadresse, et telefon- eller kortnummer, et GTIN.

**Inn**: en melding med nummeret eller id-en i egenskapen som er nevnt under *Verdi fra*.

**Ut**

- *Funnet*: posten i egenskapen som er nevnt under *Resultat til*, slik *hub save* gir den: felter, \`id\`, \`version\`, \`refs\`, \`status\`.
- *Ikke funnet*: meldingen slik den kom. En slettet post regnes som ikke funnet, og det samme gjelder en tom verdi: ordren til en gjest har ingen kunde. Det flere poster
  har felles, finner ingen av dem.

**Feil**

- \`model.not-found\`: den finnes ikke, og *La kjøringen feile* er valgt.
- \`validation.schema\`: verdien er verken en tekst eller et heltall.

**Eksempel**

*rest in* (en henting er klar, payload \`{ "order": "1042" }\`) → *hub find* (order med nummer, verdi fra \`payload.order\`, resultat til \`order\`) → *map*.
`,
  sv: `
Slår upp en post i hubben: med numret som folk använder, med id:t som ett system har gett den, med hubbens eget id, eller med det den har gemensamt med meddelandet: en
e-postadress, ett telefon- eller kortnummer, ett GTIN.

**In**: ett meddelande med numret eller id:t i egenskapen som anges under *Värde från*.

**Ut**

- *Hittad*: posten i egenskapen som anges under *Resultat till*, så som *hub save* ger den: fält, \`id\`, \`version\`, \`refs\`, \`status\`.
- *Inte hittad*: meddelandet som det kom. En raderad post räknas som inte hittad, och det gör ett tomt värde också: en gästs order har ingen kund. Det som flera poster har
  gemensamt hittar ingen av dem.

**Fel**

- \`model.not-found\`: den finns inte, och *Låt körningen misslyckas* är valt.
- \`validation.schema\`: värdet är varken en text eller ett heltal.

**Exempel**

*rest in* (en upphämtning är klar, payload \`{ "order": "1042" }\`) → *hub find* (order med nummer, värde från \`payload.order\`, resultat till \`order\`) → *map*.
`,
}
