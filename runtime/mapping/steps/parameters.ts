/** Parameters that several steps have in common. */

export const invalid = {
  type: 'choice', options: ['fail', 'omit', 'keep'], default: 'fail',
  label: { en: 'If it is not valid', nb: 'Hvis den ikke er gyldig', sv: 'Om den inte är giltig' },
} as const

export const separator = { type: 'text', label: { en: 'Separator', nb: 'Skilletegn', sv: 'Avgränsare' } } as const

export const zone = { type: 'text', label: { en: 'Time zone', nb: 'Tidssone', sv: 'Tidszon' } } as const

export const currency = { type: 'operand', required: true, takes: 'text', label: { en: 'Currency', nb: 'Valuta', sv: 'Valuta' } } as const

export const decimals = { type: 'integer', min: 0, max: 12, label: { en: 'Decimals', nb: 'Desimaler', sv: 'Decimaler' } } as const
