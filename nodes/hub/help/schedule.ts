import type { Text } from '../../../runtime/kit/definition.ts'

export const scheduleHelp: Text = {
  en: `
Starts a flow at the times of a cron expression. Every due time is stored before its flow runs, so it is run **once**, however many processes
share the work and whichever of them stops meanwhile, and it is tried again like any other message.

Times of one schedule run one after the other.

**Message**

- \`msg.payload.at\`: the due time as an instant (UTC).
- \`msg.payload.date\`, \`msg.payload.time\`, \`msg.payload.timeZone\`: the same in the time zone of the schedule.
- \`msg.payload.missed\`: true where it runs more than a minute late, by the rule for missed times.
- \`msg.topic\`: \`schedule\`.

**Missed times**

While no process runs, times pass. *Run once* runs the last of them, *Skip* none, *Run all* each of them in order, up to a number, the newest.
Of times that are close together only the last day counts. A schedule that is deployed for the first time, or with another
expression or time zone, begins at that moment.

**Daylight saving**

A time that does not exist, such as 02:30 on the night in spring, runs an hour later on the clock. One that exists twice in autumn runs once.
What runs every hour or more often goes on evenly.

**Example**

*hub schedule* (\`0 5 * * *\`) → *http request* (yesterday's sales) → *map* → *hub save*.
`,
  nb: `
Starter en flyt på tidspunktene til et cron-uttrykk. Hvert tidspunkt lagres før flyten kjører. Derfor kjøres det **én gang**, uansett hvor mange
prosesser som deler arbeidet, og hvilken av dem som stopper imens, og det prøves igjen som enhver annen melding.

Tidspunktene i én tidsplan kjøres etter hverandre.

**Melding**

- \`msg.payload.at\`: tidspunktet i UTC.
- \`msg.payload.date\`, \`msg.payload.time\`, \`msg.payload.timeZone\`: det samme i tidssonen til tidsplanen.
- \`msg.payload.missed\`: true når det kjøres mer enn ett minutt for sent, etter regelen for tapte tidspunkter.
- \`msg.topic\`: \`schedule\`.

**Tapte tidspunkter**

Tidspunkter passerer mens ingen prosess kjører. *Kjør én gang* kjører det siste av dem, *Hopp over* ingen, *Kjør alle* hvert av dem i rekkefølge,
inntil et antall, de nyeste. Når tidspunktene ligger tett, teller bare det siste døgnet. En tidsplan som settes i drift for første gang,
eller med et annet uttrykk eller en annen tidssone, begynner i det øyeblikket.

**Sommertid**

Et tidspunkt som ikke finnes, som 02.30 vårnatten klokken stilles, kjøres en time senere på klokken. Ett som finnes to ganger om høsten, kjøres én gang.
Det som kjøres hver time eller oftere, fortsetter jevnt.

**Eksempel**

*hub schedule* (\`0 5 * * *\`) → *http request* (salget i går) → *map* → *hub save*.
`,
  sv: `
Startar ett flöde vid tiderna i ett cron-uttryck. Varje tid sparas innan flödet körs. Därför körs den **en gång**, oavsett hur många processer som
delar på arbetet och vilken av dem som stannar under tiden, och den provas igen som vilket annat meddelande som helst.

Tiderna i ett schema körs efter varandra.

**Meddelande**

- \`msg.payload.at\`: tiden i UTC.
- \`msg.payload.date\`, \`msg.payload.time\`, \`msg.payload.timeZone\`: samma tid i schemats tidszon.
- \`msg.payload.missed\`: true när den körs mer än en minut för sent, enligt regeln för missade tider.
- \`msg.topic\`: \`schedule\`.

**Missade tider**

Tider passerar medan ingen process körs. *Kör en gång* kör den sista av dem, *Hoppa över* ingen, *Kör alla* var och en i ordning, upp till ett
antal, de nyaste. När tiderna ligger tätt räknas bara det senaste dygnet. Ett schema som driftsätts för första gången, eller med ett annat
uttryck eller en annan tidszon, börjar i det ögonblicket.

**Sommartid**

En tid som inte finns, som 02.30 vårnatten då klockan ställs om, körs en timme senare på klockan. En som finns två gånger på hösten körs en gång.
Det som körs varje timme eller oftare fortsätter jämnt.

**Exempel**

*hub schedule* (\`0 5 * * *\`) → *http request* (gårdagens försäljning) → *map* → *hub save*.
`,
}
