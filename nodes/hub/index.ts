/** The hub's own nodes: what every flow needs whatever the systems are. */
import { defineConnector } from '../../runtime/kit/definition.ts'
import { changes } from './changes.ts'
import { find } from './find.ts'
import { map } from './map.ts'
import { roles } from './roles.ts'
import { save } from './save.ts'
import { schedule } from './schedule.ts'
import { settle } from './settle.ts'
import { update } from './update.ts'
import { validate } from './validate.ts'

export default defineConnector({
  name: 'hub',
  label: { en: 'Hub', nb: 'Hub', sv: 'Hubb' },
  help: {
    en: 'The nodes of the hub itself: they save, find, change and deliver canonical records, check and map documents, and settle runs.',
    nb: 'Hubens egne noder: de lagrer, finner, endrer og leverer kanoniske poster, kontrollerer og mapper dokumenter og avgjør kjøringer.',
    sv: 'Hubbens egna noder: de sparar, hittar, ändrar och levererar kanoniska poster, kontrollerar och mappar dokument och avgör körningar.',
  },
  color: '#7ea3d4',
  icon: 'save.svg',
  nodes: [save, find, update, changes, schedule, settle, validate, map, roles],
})
