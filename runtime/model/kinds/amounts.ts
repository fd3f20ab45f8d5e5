/** What lines of orders, receipts and refunds have in common: totals, discounts, taxes. */
import { Type } from 'typebox'
import { Code, described, GrossMoney, Money, NetMoney, Rate, TaxMoney, Text } from '../values.ts'

export const totalsFields = { net: NetMoney, tax: TaxMoney, gross: GrossMoney }

export const Totals = Type.Object(totalsFields, { additionalProperties: false, description: 'Sums after discounts, in the currency\'s own decimals: net + tax = gross.' })

/** @param amount What the amount means, with its sign. */
export const discount = (amount: string) => Type.Object({
  amount: described(Money, amount),
  source: Type.Enum(['campaign', 'code', 'manual', 'loyalty', 'other'], { description: 'What gave the discount.' }),
  ref: Type.Optional(described(Text, 'The code or the campaign\'s key.')),
  name: Type.Optional(Text),
}, { additionalProperties: false, description: 'A discount. Discounts on the whole are allocated to its lines and charges.' })

export const Tax = Type.Object({
  category: Type.Optional(described(Code, 'The retailer\'s tax category.')),
  name: Type.Optional(Text),
  rate: Rate,
  base: Type.Optional(described(NetMoney, 'The amount the tax is computed from.')),
  amount: TaxMoney,
}, { additionalProperties: false, description: 'One tax of one rate.' })
