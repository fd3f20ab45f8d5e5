/** The config node of any HTTP system: where it is, how the hub logs in, how its webhooks are verified. */
import { Type } from 'typebox'
import { nodesOf } from '../../runtime/kit/definition.ts'
import type { Config, HttpOptions, RawRequest, Text } from '../../runtime/kit/definition.ts'
import type { Auth } from '../../runtime/kit/http.ts'
import { TorgError } from '../../runtime/errors.ts'
import { listingsSchema } from './listing.ts'
import { verifyHmac, verifySharedSecret, verifyStandardWebhook } from '../../runtime/kit/verify.ts'

const same = (text: string): Text => ({ en: text, nb: text, sv: text })
const ifAuth = (...is: string[]) => ({ field: 'auth', is })
const ifWebhooks = (...is: string[]) => ({ field: 'webhooks', is })

export const { systemFields, defineSource, defineStep } = nodesOf({
  baseUrl: {
    type: 'text',
    label: { en: 'Base address', nb: 'Baseadresse', sv: 'Basadress' },
    hint: { en: 'Paths on the nodes are relative to it. May be an environment variable: ${ERP_URL}', nb: 'Stiene på nodene regnes herfra. Kan være en miljøvariabel: ${ERP_URL}', sv: 'Sökvägarna på noderna räknas härifrån. Kan vara en miljövariabel: ${ERP_URL}' },
    placeholder: 'https://erp.example.com/api',
    required: true,
  },
  auth: {
    type: 'select',
    label: { en: 'Login', nb: 'Innlogging', sv: 'Inloggning' },
    options: [
      { value: 'none', label: { en: 'None', nb: 'Ingen', sv: 'Ingen' } },
      { value: 'bearer', label: { en: 'Token (bearer)', nb: 'Token (bearer)', sv: 'Token (bearer)' } },
      { value: 'basic', label: { en: 'User and password (basic)', nb: 'Bruker og passord (basic)', sv: 'Användare och lösenord (basic)' } },
      { value: 'header', label: { en: 'API key in a header', nb: 'API-nøkkel i en header', sv: 'API-nyckel i en header' } },
      { value: 'oauth2', label: { en: 'OAuth2 client credentials', nb: 'OAuth2 client credentials', sv: 'OAuth2 client credentials' } },
    ],
    default: 'none',
  },
  token: { type: 'secret', label: { en: 'Token', nb: 'Token', sv: 'Token' }, required: true, when: ifAuth('bearer') },
  user: { type: 'text', label: { en: 'User', nb: 'Bruker', sv: 'Användare' }, required: true, when: ifAuth('basic') },
  password: { type: 'secret', label: { en: 'Password', nb: 'Passord', sv: 'Lösenord' }, required: true, when: ifAuth('basic') },
  apiKeyHeader: { type: 'text', label: { en: 'Header', nb: 'Header', sv: 'Header' }, default: 'X-API-Key', required: true, when: ifAuth('header') },
  apiKey: { type: 'secret', label: { en: 'API key', nb: 'API-nøkkel', sv: 'API-nyckel' }, required: true, when: ifAuth('header') },
  tokenUrl: { type: 'text', label: { en: 'Token address', nb: 'Token-adresse', sv: 'Token-adress' }, placeholder: 'https://login.example.com/oauth2/token', required: true, when: ifAuth('oauth2') },
  clientId: { type: 'text', label: { en: 'Client id', nb: 'Klient-id', sv: 'Klient-id' }, required: true, when: ifAuth('oauth2') },
  clientSecret: { type: 'secret', label: { en: 'Client secret', nb: 'Klienthemmelighet', sv: 'Klienthemlighet' }, required: true, when: ifAuth('oauth2') },
  scope: { type: 'text', label: { en: 'Scope', nb: 'Scope', sv: 'Scope' }, when: ifAuth('oauth2') },
  clientAuth: {
    type: 'select',
    label: { en: 'Client credentials go', nb: 'Klientopplysningene sendes', sv: 'Klientuppgifterna skickas' },
    options: [
      { value: 'header', label: { en: 'in the header (standard)', nb: 'i headeren (standard)', sv: 'i headern (standard)' } },
      { value: 'body', label: { en: 'in the form', nb: 'i skjemaet', sv: 'i formuläret' } },
    ],
    default: 'header',
    when: ifAuth('oauth2'),
  },
  headers: {
    type: 'json',
    label: { en: 'Headers', nb: 'Headere', sv: 'Headers' },
    hint: { en: 'Sent with every request, for example {"Accept-Language": "nb"}. No secrets here.', nb: 'Sendes med hver forespørsel, for eksempel {"Accept-Language": "nb"}. Ingen hemmeligheter her.', sv: 'Skickas med varje anrop, till exempel {"Accept-Language": "sv"}. Inga hemligheter här.' },
    default: {},
    schema: Type.Record(Type.String(), Type.String()),
  },
  timeout: { type: 'number', label: { en: 'Time limit', nb: 'Tidsgrense', sv: 'Tidsgräns' }, default: 30, min: 1, max: 300, unit: 's' },
  checkPath: {
    type: 'text',
    label: { en: 'Test path', nb: 'Teststi', sv: 'Testsökväg' },
    hint: { en: 'Something harmless to read; the Test button asks for it.', nb: 'Noe ufarlig å lese; knappen «Test forbindelsen» spør etter det.', sv: 'Något ofarligt att läsa; knappen ”Testa anslutningen” frågar efter det.' },
    default: '/',
  },
  listings: {
    type: 'json',
    label: { en: 'Listings', nb: 'Lister', sv: 'Listor' },
    hint: {
      en: 'What it holds, for torg prove: one entry per kind, as described in the help.',
      nb: 'Hva det inneholder, for torg prove: en oppføring per type, slik hjelpen beskriver.',
      sv: 'Vad det innehåller, för torg prove: en post per typ, så som hjälpen beskriver.',
    },
    default: [],
    schema: listingsSchema,
  },
  webhooks: {
    type: 'select',
    label: { en: 'Its webhooks', nb: 'Webhooks derfra', sv: 'Webhooks därifrån' },
    options: [
      { value: 'none', label: { en: 'are refused', nb: 'avvises', sv: 'avvisas' } },
      { value: 'standard', label: { en: 'follow Standard Webhooks', nb: 'følger Standard Webhooks', sv: 'följer Standard Webhooks' } },
      { value: 'hmac', label: { en: 'are signed (HMAC)', nb: 'er signert (HMAC)', sv: 'är signerade (HMAC)' } },
      { value: 'key', label: { en: 'carry a key in a header', nb: 'har en nøkkel i en header', sv: 'har en nyckel i en header' } },
    ],
    default: 'none',
  },
  webhookSecret: { type: 'secret', label: { en: 'Webhook secret', nb: 'Webhook-hemmelighet', sv: 'Webhook-hemlighet' }, required: true, when: ifWebhooks('standard', 'hmac', 'key') },
  previousSecret: {
    type: 'secret',
    label: { en: 'Previous secret', nb: 'Forrige hemmelighet', sv: 'Tidigare hemlighet' },
    hint: { en: 'Also accepted while the secret is exchanged.', nb: 'Godtas også mens hemmeligheten byttes.', sv: 'Godtas också medan hemligheten byts.' },
    when: ifWebhooks('standard', 'hmac', 'key'),
  },
  signatureHeader: { type: 'text', label: { en: 'Header', nb: 'Header', sv: 'Header' }, default: 'X-Signature', required: true, when: ifWebhooks('hmac', 'key') },
  signaturePrefix: {
    type: 'text',
    label: { en: 'Prefix', nb: 'Prefiks', sv: 'Prefix' },
    hint: { en: 'Text before the value, for example sha256= or Bearer with a blank.', nb: 'Tekst foran verdien, for eksempel sha256= eller Bearer med mellomrom.', sv: 'Text före värdet, till exempel sha256= eller Bearer med blanksteg.' },
    when: ifWebhooks('hmac', 'key'),
  },
  algorithm: { type: 'select', label: { en: 'Algorithm', nb: 'Algoritme', sv: 'Algoritm' }, options: [{ value: 'sha256', label: same('SHA-256') }, { value: 'sha512', label: same('SHA-512') }, { value: 'sha384', label: same('SHA-384') }, { value: 'sha1', label: same('SHA-1') }], default: 'sha256', when: ifWebhooks('hmac') },
  encoding: { type: 'select', label: { en: 'Written as', nb: 'Skrevet som', sv: 'Skriven som' }, options: [{ value: 'hex', label: same('hex') }, { value: 'base64', label: same('base64') }, { value: 'base64url', label: same('base64url') }], default: 'hex', when: ifWebhooks('hmac') },
  signed: {
    type: 'text',
    label: { en: 'What is signed', nb: 'Det som signeres', sv: 'Det som signeras' },
    hint: { en: 'With {body}, {timestamp}, {url}, {path}, {method}, {header:name}. Example: {timestamp}.{body}', nb: 'Med {body}, {timestamp}, {url}, {path}, {method}, {header:navn}. Eksempel: {timestamp}.{body}', sv: 'Med {body}, {timestamp}, {url}, {path}, {method}, {header:namn}. Exempel: {timestamp}.{body}' },
    default: '{body}',
    when: ifWebhooks('hmac'),
  },
  keyDecoding: { type: 'select', label: { en: 'The secret is', nb: 'Hemmeligheten er', sv: 'Hemligheten är' }, options: [{ value: 'utf8', label: { en: 'text', nb: 'tekst', sv: 'text' } }, { value: 'hex', label: same('hex') }, { value: 'base64', label: same('base64') }], default: 'utf8', when: ifWebhooks('hmac') },
  timestampHeader: { type: 'text', label: { en: 'Time header', nb: 'Tidsheader', sv: 'Tidsheader' }, placeholder: 'X-Timestamp', when: ifWebhooks('hmac') },
  timestampPrefix: {
    type: 'text',
    label: { en: 'Time prefix', nb: 'Tidsprefiks', sv: 'Tidsprefix' },
    hint: { en: 'Where the time stands in the signature header: t=', nb: 'Når tiden står i signaturheaderen: t=', sv: 'När tiden står i signaturheadern: t=' },
    when: ifWebhooks('hmac'),
  },
  tolerance: { type: 'number', label: { en: 'Tolerance', nb: 'Toleranse', sv: 'Tolerans' }, default: 300, min: 1, max: 86400, unit: 's', when: ifWebhooks('hmac', 'standard') },
} as const)

export type RestSystemConfig = Config<typeof systemFields>

/** The HTTP client's options of a configured system. */
export function httpOptions(config: RestSystemConfig): HttpOptions {
  return { baseUrl: config.baseUrl, auth: authOf(config), timeoutMs: config.timeout * 1000, headers: textsOf(config.headers) }
}

function authOf(config: RestSystemConfig): Auth {
  const { auth, token, user, password, apiKeyHeader, apiKey, tokenUrl, clientId, clientSecret, scope, clientAuth } = config
  switch (auth) {
    case 'none': return { type: 'none' }
    case 'bearer': return { type: 'bearer', token }
    case 'basic': return { type: 'basic', user, password }
    case 'header': return { type: 'header', name: apiKeyHeader, value: apiKey }
    case 'oauth2': return { type: 'oauth2', tokenUrl, clientId, clientSecret, clientAuth, ...(scope && { scope }) }
  }
}

/** The text members of an object; everything else is left out. */
export function textsOf(value: unknown): Record<string, string> {
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')) : {}
}

/** Refuses a webhook unless it holds what the system's configuration asks for. */
export function verifyWebhook(request: RawRequest, config: RestSystemConfig): void {
  const secrets = [config.webhookSecret, config.previousSecret]
  const header = config.signatureHeader
  const prefix = config.signaturePrefix
  switch (config.webhooks) {
    case 'none': throw new TorgError('request.unauthorized', { detail: 'Webhooks of this system are refused', next: 'Choose on the system how its webhooks are verified, and deploy.' })
    case 'standard': return verifyStandardWebhook(request, { secrets, toleranceSeconds: config.tolerance })
    case 'key': return verifySharedSecret(request, { header, prefix, secrets })
    case 'hmac': return verifyHmac(request, {
      header, prefix, secrets, algorithm: config.algorithm, encoding: config.encoding, signed: config.signed, keyDecoding: config.keyDecoding, toleranceSeconds: config.tolerance,
      ...(config.timestampHeader && { timestampHeader: config.timestampHeader }), ...(config.timestampPrefix && { timestampPrefix: config.timestampPrefix }),
    })
  }
}
