/** Stock as rows of torg.stock. */
import { day, instant, link, measure, sameUnit, text, type TypedKind } from './definition.ts'

export const stock: TypedKind = {
  kind: 'stock', table: 'torg.stock', view: 'torg.stock_record',
  fields: [
    link('variant', 'variant_id'), text('location', 'location'), instant('asOf', 'as_of'), measure('onHand', ['value', 'on_hand'], ['unit', 'unit']),
    sameUnit('reserved', 'reserved', 'onHand'), sameUnit('incoming', 'incoming', 'onHand'), day('incomingOn', 'incoming_on'),
  ],
  columnOf: { '/variant/id': 'variant_id' },
}
