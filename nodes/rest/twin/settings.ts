/** What a project says of a stand-in: `torg.twins.<system>.config` in its package.json. */

export interface CollectionView {
  title: string
  columns: { label: string, path: string }[]
  /** Fields without which a document is refused with 422. */
  required: string[]
  /** Where the hub is told of a change that was made in the system itself: the path of a `rest in`. Undefined: it is not told. */
  tells: string | undefined
  /** Buttons of each document: such a change, by label. */
  actions: { label: string, fields: Record<string, unknown> }[]
}

export interface TwinSettings {
  title: string
  subtitle: string
  color: string
  /** Where a posted document holds its own id. */
  idField: string
  /** Where a document of a list that is posted at once holds an idempotency key of its own. */
  itemKeyField: string
  /** How long an OAuth2 token lives, seconds. */
  tokenLifetime: number
  /** A request with an idempotency key that was seen: `answered` as before, or done again and `written` over what is there. */
  repeats: 'answered' | 'written'
  collections: Record<string, CollectionView>
}

/** Reads the settings; what is missing gets a sensible value, what is wrong throws and names it. */
export function readTwinSettings(system: string, config: Readonly<Record<string, unknown>> = {}): TwinSettings {
  const text = (name: string, otherwise: string): string => {
    const value = config[name] ?? otherwise
    if (typeof value !== 'string') throw new Error(`torg.twins.${system}.config.${name} must be a text`)
    return value
  }
  const tokenLifetime = config['tokenLifetime'] ?? 3600
  if (typeof tokenLifetime !== 'number') throw new Error(`torg.twins.${system}.config.tokenLifetime must be a number of seconds`)
  const repeats = config['repeats'] ?? 'answered'
  if (repeats !== 'answered' && repeats !== 'written') throw new Error(`torg.twins.${system}.config.repeats must be answered or written`)
  return {
    title: text('title', `System ${system}`),
    subtitle: text('subtitle', 'An offline stand-in: what the hub has delivered'),
    color: text('color', '#35507a'),
    idField: text('idField', 'id'),
    itemKeyField: text('itemKeyField', 'idempotencyKey'),
    tokenLifetime,
    repeats,
    collections: Object.fromEntries(Object.entries(objectOf(config['collections'] ?? {}, system)).map(([name, view]) => [name, readView(name, view, system)])),
  }
}

function readView(name: string, view: unknown, system: string): CollectionView {
  const { title = name, columns = {}, required = [], tells, actions = {} } = objectOf(view, system)
  const shown = Object.entries(objectOf(columns, system)).map(([label, path]) => ({ label, path: String(path) }))
  return {
    title: String(title), columns: shown,
    required: Array.isArray(required) ? required.map(String) : [],
    tells: tells === undefined ? undefined : String(tells),
    actions: Object.entries(objectOf(actions, system)).map(([label, fields]) => ({ label, fields: objectOf(fields, system) })),
  }
}

function objectOf(value: unknown, system: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`torg.twins.${system}.config.collections must be an object { collection: { title, columns: { label: path } } }`)
  return { ...value }
}
