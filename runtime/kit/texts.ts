/** What the kit itself says in the editor. */
import type { Text } from './definition.ts'

const text = (en: string, nb: string, sv: string): Text => ({ en, nb, sv })

export const texts = {
  categories: {
    Torg_hub: text('Torg hub', 'Torg-hub', 'Torg-hubb'),
    Torg_systems: text('Torg systems', 'Torg-systemer', 'Torg-system'),
  },
  fields: {
    name: text('Name', 'Navn', 'Namn'),
    key: text('Key', 'Nøkkel', 'Nyckel'),
    system: text('System', 'System', 'System'),
    timeLimit: text('Time limit', 'Tidsgrense', 'Tidsgräns'),
  },
  sections: {
    limits: text('Limits of what is sent to this system', 'Grenser for det som sendes til dette systemet', 'Gränser för det som skickas till det här systemet'),
  },
  hints: {
    key: text(
      'Lower case letters, digits and hyphens. Stands in addresses and references: do not change it later.',
      'Små bokstaver, tall og bindestreker. Står i adresser og referanser: ikke endre den senere.',
      'Små bokstäver, siffror och bindestreck. Står i adresser och referenser: ändra den inte senare.'),
    timeLimit: text(
      'A run that takes longer fails, naming the node that has not completed, and is tried again.',
      'En kjøring som varer lenger enn dette, avbrytes med en feil som nevner noden som ikke er ferdig, og prøves igjen.',
      'En körning som varar längre än så avbryts med ett fel som nämner noden som inte är klar, och körs om.'),
    secretEmpty: text(
      '${NAME} or file:/path says where the secret is. Anything else is stored encrypted, outside the flow file.',
      '${NAVN} eller file:/sti sier hvor hemmeligheten er. Alt annet lagres kryptert, utenfor flytfilen.',
      '${NAMN} eller file:/sökväg säger var hemligheten finns. Allt annat sparas krypterat, utanför flödesfilen.'),
    secretEnvironment: text('Read from this environment variable at run time.', 'Leses fra denne miljøvariabelen under kjøring.', 'Läses från den här miljövariabeln vid körning.'),
    secretFile: text('Read from this file at run time.', 'Leses fra denne filen under kjøring.', 'Läses från den här filen vid körning.'),
    secretStored: text('Stored encrypted. Type to replace it.', 'Lagret kryptert. Skriv for å erstatte den.', 'Sparad krypterat. Skriv för att ersätta den.'),
    secretLiteral: text('Will be stored encrypted, outside the flow file.', 'Blir lagret kryptert, utenfor flytfilen.', 'Sparas krypterat, utanför flödesfilen.'),
    webhookAddress: text('Address for the sender', 'Adresse til avsenderen', 'Adress till avsändaren'),
  },
  choices: {
    kind: text('Choose a kind', 'Velg en type', 'Välj en typ'),
    system: text('Choose a system', 'Velg et system', 'Välj ett system'),
    show: text('Show or hide what is typed', 'Vis eller skjul det som skrives', 'Visa eller dölj det som skrivs'),
    edit: text('Edit', 'Rediger', 'Redigera'),
    check: text('Test the connection', 'Test forbindelsen', 'Testa anslutningen'),
    deleted: text('deleted', 'slettet', 'borttaget'),
  },
  check: {
    hint: text('Asks the system with what is deployed, not with what is typed here.', 'Spør systemet med det som er rullet ut, ikke med det som er skrevet her.', 'Frågar systemet med det som är driftsatt, inte med det som är skrivet här.'),
    running: text('Asking the system …', 'Spør systemet …', 'Frågar systemet …'),
    passed: text('The system answers and accepts the credentials.', 'Systemet svarer og godtar innloggingen.', 'Systemet svarar och godtar inloggningen.'),
    notDeployed: text('Deploy this system first.', 'Rull ut dette systemet først.', 'Driftsätt det här systemet först.'),
  },
  faults: {
    required: text('Fill this in.', 'Fyll ut dette.', 'Fyll i detta.'),
    pattern: text('This does not have the expected form.', 'Dette har ikke forventet form.', 'Detta har inte förväntad form.'),
    number: text('Write a number.', 'Skriv et tall.', 'Skriv ett tal.'),
    min: text('At least __limit__.', 'Minst __limit__.', 'Minst __limit__.'),
    max: text('At most __limit__.', 'Høyst __limit__.', 'Högst __limit__.'),
    option: text('"__value__" is not a choice here.', '«__value__» er ikke et valg her.', '”__value__” är inget val här.'),
    type: text('Expected: __expected__.', 'Forventet: __expected__.', 'Förväntat: __expected__.'),
    literal: text('A secret must not stand in the flow file.', 'En hemmelighet må ikke stå i flytfilen.', 'En hemlighet får inte stå i flödesfilen.'),
    json: text('This is not valid JSON.', 'Dette er ikke gyldig JSON.', 'Detta är inte giltig JSON.'),
    system: text('Choose an existing system.', 'Velg et system som finnes.', 'Välj ett system som finns.'),
    widget: text('The editor for this field is not installed; edit it as JSON.', 'Redigeringsverktøyet for dette feltet er ikke installert; rediger feltet som JSON.', 'Redigeraren för fältet är inte installerad; redigera fältet som JSON.'),
  },
  help: {
    inputs: text('Input', 'Inngang', 'Ingång'),
    outputs: text('Outputs', 'Utganger', 'Utgångar'),
    fields: text('Fields', 'Felter', 'Fält'),
    errors: text('What can fail', 'Hva kan feile', 'Vad kan gå fel'),
    required: text('required', 'påkrevd', 'obligatoriskt'),
    any: text('any', 'hva som helst', 'vad som helst'),
    same: text('the message as it came', 'meldingen slik den kom', 'meddelandet som det kom'),
    byField: text('as chosen in', 'som valgt i', 'enligt valet i'),
    transient: text('Tried again with growing pauses', 'Prøves igjen, med stadig lengre pauser', 'Körs om, med allt längre pauser'),
    permanent: text('Parked as dead letter at once', 'Blir en dead letter med en gang', 'Blir en dead letter direkt'),
    refusedRequest: text('Answered to the sender, nothing stored', 'Avsenderen får det som svar, ingenting lagres', 'Avsändaren får det som svar, inget sparas'),
    docs: text('Documentation of the system', 'Dokumentasjon for systemet', 'Systemets dokumentation'),
  },
  /** Texts nodes show as status; Node-RED looks them up by the English words. */
  status: {
    'waiting': text('waiting', 'venter', 'väntar'),
    'working': text('working', 'arbeider', 'arbetar'),
    'ready': text('ready', 'klar', 'klar'),
    'no system': text('no system', 'ikke noe system', 'inget system'),
    'done': text('done', 'ferdig', 'klar'),
    'not in a run': text('not in a run', 'ikke i en kjøring', 'inte i en körning'),
    'nothing sent for a removal': text('nothing sent for a removal', 'ingenting sendt for en fjerning', 'inget skickat för en borttagning'),
  },
} as const
