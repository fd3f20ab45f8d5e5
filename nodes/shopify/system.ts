import { nodesOf } from '../../runtime/kit/definition.ts'

/** The config node of one shop, and the describers of its nodes. */
export const { systemFields, defineSource } = nodesOf({
  shop: {
    type: 'text',
    label: { en: 'Shop domain', nb: 'Butikkens domene', sv: 'Butikens domän' },
    hint: {
      en: 'As Shopify knows it. Webhooks of another shop are refused. Empty: any shop that has the secret.',
      nb: 'Slik det står hos Shopify. Webhooks fra en annen butikk avvises. Tomt: enhver butikk som har hemmeligheten.',
      sv: 'Så som den står hos Shopify. Webhooks från en annan butik avvisas. Tomt: vilken butik som helst som har hemligheten.',
    },
    placeholder: 'my-shop.myshopify.com',
    pattern: '^[a-z0-9][a-z0-9.-]*$',
  },
  webhookSecret: {
    type: 'secret',
    label: { en: 'Webhook secret', nb: 'Webhook-hemmelighet', sv: 'Webhook-hemlighet' },
    hint: {
      en: 'The client secret of the app, or the key shown under Settings, Notifications, Webhooks.',
      nb: 'Appens klienthemmelighet, eller nøkkelen som vises under Innstillinger, Varslinger, Webhooks.',
      sv: 'Appens klienthemlighet, eller nyckeln som visas under Inställningar, Aviseringar, Webhooks.',
    },
    required: true,
  },
  previousSecret: {
    type: 'secret',
    label: { en: 'Previous secret', nb: 'Forrige hemmelighet', sv: 'Tidigare hemlighet' },
    hint: {
      en: 'Also accepted while the secret is exchanged. Empty it afterwards.',
      nb: 'Godtas også mens hemmeligheten byttes. Tøm feltet etterpå.',
      sv: 'Godtas också medan hemligheten byts. Töm fältet efteråt.',
    },
  },
} as const)
