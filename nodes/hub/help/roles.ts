import type { Text } from '../../../runtime/kit/definition.ts'

export const rolesHelp: Text = {
  en: `
Which system is master of which fields of a kind, who may read them, and what becomes of two that differ. There is one table for the whole hub; it takes
effect with the deploy, in all processes.

- **Kind and field**: a path such as \`payments\` or \`loyalty.points\`. Without a field the row holds for all that have no row of their own.
- **Scope**: only records whose fields say this, for example market \`no\`.
- **Masters**: ranked, the highest first; systems of equal rank stand beside each other. Who is not named may not write.
- **Merge**: *rank*: what a higher-ranked master said stands, a lower-ranked one may fill what is empty. *newest*: the newest counts. *union*: each system
  adds to a list and takes away what is its own.
- **Readers**: the systems that \`hub changes\` gives the field to; without any, all.

What is refused is kept with its reason: \`torg explain customer 10042 phones\` tells. In a project the table is the file \`roles.json\`.
`,
  nb: `
Hvilket system som er master for hvilke felt i en type, hvem som kan lese dem, og hva som gjelder når to er uenige. Det er én tabell for hele huben; den
gjelder fra utrullingen, i alle prosesser.

- **Type og felt**: en sti som \`payments\` eller \`loyalty.points\`. Uten felt gjelder raden alle felt som ikke har en egen rad.
- **Avgrensning**: bare poster med disse verdiene, for eksempel market \`no\`.
- **Mastere**: rangert, den høyeste først; systemer med lik rang står ved siden av hverandre. Den som ikke er nevnt, kan ikke skrive.
- **Regel**: *rank*: det en høyere rangert master har sagt, blir stående, en lavere kan fylle det som er tomt. *newest*: det nyeste gjelder. *union*: hvert
  system legger til i en liste og tar bort sitt eget.
- **Lesere**: systemene som \`hub changes\` gir feltet til; uten noen, alle.

Det som avvises, beholdes med en grunn: \`torg explain customer 10042 phones\` forteller hvorfor. I et prosjekt er tabellen filen \`roles.json\`.
`,
  sv: `
Vilket system som är master för vilka fält i en typ, vem som får läsa dem och vad som gäller när två säger olika. Det finns en tabell för hela hubben; den
gäller från driftsättningen, i alla processer.

- **Typ och fält**: en sökväg som \`payments\` eller \`loyalty.points\`. Utan fält gäller raden alla fält som inte har en egen rad.
- **Avgränsning**: bara poster med de här värdena, till exempel market \`no\`.
- **Mastrar**: rankade, den högsta först; system med lika rang står bredvid varandra. Den som inte nämns får inte skriva.
- **Regel**: *rank*: det en högre rankad master har sagt står fast, en lägre får fylla det som är tomt. *newest*: det nyaste gäller. *union*: varje system
  lägger till i en lista och tar bort sitt eget.
- **Läsare**: systemen som \`hub changes\` ger fältet till; utan några, alla.

Det som avvisas sparas med sin orsak: \`torg explain customer 10042 phones\` berättar. I ett projekt är tabellen filen \`roles.json\`.
`,
}
