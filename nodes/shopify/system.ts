import { nodesOf } from '../../runtime/kit/definition.ts'

/** The config node of one shop, and the describers of its nodes. */
export const { systemFields, defineSource, defineStep } = nodesOf({
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
  adminToken: {
    type: 'secret',
    label: { en: 'Admin API token', nb: 'Token for Admin API', sv: 'Token för Admin API' },
    hint: {
      en: 'Of an app that may read orders, and write what shopify out sends. With it torg prove counts the orders in the shop itself.',
      nb: 'Fra en app som kan lese ordrer og skrive det shopify out sender. Med den teller torg prove ordrene i selve butikken.',
      sv: 'Från en app som får läsa order och skriva det shopify out skickar. Med den räknar torg prove orderna i själva butiken.',
    },
  },
  adminUrl: {
    type: 'text',
    label: { en: 'Admin API address', nb: 'Adresse til Admin API', sv: 'Adress till Admin API' },
    hint: {
      en: 'Empty: that of the shop domain. May be an environment variable.',
      nb: 'Tomt: den som hører til butikkens domene. Kan være en miljøvariabel.',
      sv: 'Tomt: den som hör till butikens domän. Kan vara en miljövariabel.',
    },
    placeholder: 'https://my-shop.myshopify.com',
  },
} as const)
