/** `hub roles`: the role table, which the hub reads from the deployed flows. */
import { Type } from 'typebox'
import { defineConfig } from '../../runtime/kit/definition.ts'
import { rolesHelp } from './help/roles.ts'

export const roles = defineConfig({
  role: 'config',
  type: 'hub roles',
  label: { en: 'Role table', nb: 'Rolletabell', sv: 'Rolltabell' },
  help: rolesHelp,
  icon: 'roles.svg',
  fields: {
    rows: {
      type: 'json',
      label: { en: 'Who is master of what', nb: 'Hvem er master for hva', sv: 'Vem är master för vad' },
      hint: {
        en: 'The longest path counts, among those the narrowest scope. Kinds and fields without a row may be written by every system.',
        nb: 'Den lengste stien gjelder, blant dem den snevreste avgrensningen. Typer og felt uten rad kan skrives av alle systemer.',
        sv: 'Den längsta sökvägen gäller, bland dem den snävaste avgränsningen. Typer och fält utan rad får skrivas av alla system.',
      },
      default: [],
      // What a row may say depends on kinds and systems; the check of a deploy knows them.
      schema: Type.Array(Type.Unknown()),
      editor: 'roles',
    },
  },
  inputs: [],
  outputs: [],
})
