/** Prices as rows of torg.price. */
import { flag, instant, link, measure, text, type TypedKind } from './definition.ts'

export const price: TypedKind = {
  kind: 'price', table: 'torg.price', view: 'torg.price_record',
  fields: [
    link('variant', 'variant_id'), text('type', 'type'), text('list', 'list'), text('channel', 'channel'), text('store', 'store'), text('customerGroup', 'customer_group'),
    link('customer', 'customer_id'), measure('minimumQuantity', ['value', 'minimum_quantity'], ['unit', 'minimum_unit']), text('unit', 'unit'),
    measure('value', ['amount', 'amount'], ['currency', 'currency']), flag('taxIncluded', 'tax_included'), link('campaign', 'campaign_id'),
    instant('validFrom', 'valid_from'), instant('validTo', 'valid_to'),
  ],
  columnOf: { '/variant/id': 'variant_id', '/customer/id': 'customer_id' },
}
