/**
 * The one catalogue of what the analysis finds. A code is an API: it stands in answers, in output of `torg check` and in the documentation
 * (`findings.md`, written from this list).
 */

/** `error`: it would fail, so it is not deployed. `warning`: it is seldom meant. `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note'

interface Entry {
  readonly severity: Severity
  /** A short sentence without a full stop. */
  readonly title: string
  /** Why it matters, and what to do. */
  readonly help: string
}

const entry = (severity: Severity, title: string, help: string): Entry => ({ severity, title, help })

/** Every code with severity, title and help. */
export const catalogue = {
  // ---------------------------------------------------------------- files, nodes, wires
  'file.invalid': entry('error', 'A file cannot be used', 'Correct the file at the place named; a project is read as a whole.'),
  'project.settings': entry('error', 'A setting of the project is not valid', 'Correct the key `torg` in the project\'s package.json.'),
  'extension.invalid': entry('error', 'Own fields cannot be used', 'Correct the schema below extensions/; README of the model tells what it may hold.'),
  'node.form': entry('error', 'An entry of the flows is no node', 'Every node is an object with an id and a type.'),
  'node.id-twice': entry('error', 'Two nodes have one id', 'Give one of them another id; copied files are the usual cause.'),
  'node.place': entry('error', 'A node belongs to what does not exist', 'Correct tab or group, or remove the node.'),
  'node.circle': entry('error', 'Config nodes wait for each other', 'Node-RED would start no flow. Remove one of the references, or give the field another value.'),
  'node.type-unknown': entry('error', 'The node type is not installed', 'Add the package that has it to the project, or remove the node.'),
  'node.config': entry('error', 'A field of a node is not valid', 'Open the node and correct the field; its form says what fits.'),
  'wire.broken': entry('error', 'A wire leads nowhere', 'Wire the output to a node on the same tab; between tabs, use link nodes.'),
  'wire.disabled': entry('warning', 'A wire leads to a disabled node', 'A message sent there fails its run with `flow.lost`. Enable the node, or take the wire away.'),
  'subflow.unknown': entry('error', 'The subflow does not exist', 'Add the subflow, or remove the node that uses it.'),
  'subflow.end': entry('error', 'An end of a subflow leads out of it', 'Wire it to a node of the subflow.'),
  // ---------------------------------------------------------------- systems, secrets, variables
  'system.key': entry('error', 'The key of a system is missing or taken', 'References and lanes are named by it: give each system a key of its own.'),
  'system.unknown': entry('error', 'The system does not exist', 'Choose a configured and enabled system of the right type.'),
  'system.unknown-key': entry('warning', 'No system has this key', 'The role table and references know systems by their keys. Correct the key, or configure the system.'),
  'secret.plain': entry('error', 'A secret stands in a flow', 'Whoever reads the files has it. Write `${NAME}` or `file:/path` instead, and change the secret.'),
  'env.missing': entry('error', 'An environment variable is not set', 'Set it and start again.'),
  // ---------------------------------------------------------------- role table
  'roles.invalid': entry('error', 'A row of the role table is not valid', 'Correct the row; an unclear table would let the wrong system write.'),
  'roles.bare': entry('warning', 'Fields without a master', 'Add a row without a field for all that have no row of their own.'),
  'roles.circle': entry('warning', 'Changes can go round in circles', 'Rank the systems, or have only one of them be master.'),
  'roles.two-writers': entry('warning', 'Several systems write a field of which nobody is master', 'The last message wins, whatever it says. Add a row to the role table that names the masters.'),
  'roles.not-applied': entry('note', 'A system writes what it is not master of', 'It is recorded and not applied. Make it a master, or leave the rules out.'),
  // ---------------------------------------------------------------- types on wires
  'type.unknown': entry('error', 'The type does not exist', 'Choose a canonical kind, a type of a connector, or a schema of the project.'),
  'type.mismatch': entry('error', 'The wire carries another type than the node takes', 'Put a map between the two, or correct the type of one of them.'),
  'type.list': entry('error', 'The wire carries a list, and the node takes one document', 'Put a split node before it, or a node that handles batches.'),
  // ---------------------------------------------------------------- mappings
  'mapping.invalid': entry('error', 'The mapping cannot be compiled', 'Correct the rule; until then the mapping cannot be used at all.'),
  'mapping.source-path': entry('error', 'The source has no such field', 'Correct the path, or add the field to the schema where the source has it after all.'),
  'mapping.source-field': entry('warning', 'The source names no such field', 'The vendor may send more than its schema tells, but the name is probably misspelt.'),
  'mapping.source-list': entry('error', 'A list is read as one value, or one value as a list', 'Write [] for all elements, [0] for the first; leave [] out where there is no list.'),
  'mapping.target-path': entry('error', 'The target has no such field', 'Correct the path; what the schema does not know is refused when it is saved. Own fields go into `ext`.'),
  'mapping.target-field': entry('warning', 'The target names no such field', 'The system may take more than its schema tells, but the name is probably misspelt.'),
  'mapping.target-list': entry('error', 'A list is written as one value, or one value as a list', 'Write [] for an element per element of the source, [0] for one element; leave [] out where there is no list.'),
  'mapping.required': entry('error', 'A required field is not written', 'Add a rule for it, or the document is refused.'),
  'mapping.type': entry('error', 'The value has the wrong type', 'Add the step that converts it.'),
  'mapping.type-partly': entry('warning', 'The value may have the wrong type', 'Some values of the source would be refused. Add the step that converts them.'),
  'mapping.list': entry('error', 'A list meets one value', 'Use first, join or sum to make one value of a list, split to make a list of a text, or write to the elements.'),
  'mapping.value': entry('error', 'The value is not allowed', 'Write one that the schema allows; a lookup translates codes.'),
  'mapping.shape': entry('error', 'The object has other fields', 'Map its fields one by one.'),
  'mapping.meaning': entry('error', 'The value means something else', 'A moment is no date, a currency no country. Read another field, or add the step that converts it.'),
  'mapping.tax': entry('warning', 'Net, gross and tax are mixed up', 'Read the other amount, or compute it with the step totals.'),
  'mapping.unit': entry('error', 'Minor and major units are mixed up', 'Use the step minor for øre and cents, money with minor: true to read them.'),
  'mapping.step-type': entry('error', 'A step cannot take the value', 'Convert the value before, or take the step away.'),
  'mapping.lookup-gap': entry('error', 'A lookup has no value for a code that can come', 'Add it, or say with default what else holds.'),
  'mapping.never': entry('warning', 'A condition never holds', 'Compare with one of the values the field can have.'),
  // ---------------------------------------------------------------- flows
  'filter.path': entry('error', 'The filter looks at a field that does not exist', 'No record would ever fit, or every one. Correct the path.'),
  'filter.never': entry('warning', 'The filter compares with a value the field never has', 'Compare with one of the values the field can have.'),
  'flow.unfit-node': entry('error', 'The node cannot be part of a durable run', 'It mixes, drops or outlives runs, so every run that reaches it fails. Do what the sentence says.'),
  'flow.no-return': entry('error', 'A link call never comes back', 'The flow it calls has no link out that returns, so the run waits until it fails. Add one.'),
  'flow.nowhere': entry('warning', 'What a source starts comes to nothing', 'Messages would be acknowledged and nothing done. Wire it to a save or an out node; where that is meant, end in hub settle.'),
  'flow.unreachable': entry('warning', 'No message ever reaches the node', 'Wire a source to it, or remove it.'),
  'flow.echo': entry('warning', 'A system is sent its own changes', 'What is saved under another origin than the system it came from is delivered back to that system, which may send it again. Leave the origin empty.'),
  'flow.other-system': entry('warning', 'A subscription of one system writes to another', 'Changes are kept from the system the subscription feeds, not from the one it writes to. Choose the same system in both.'),
} as const satisfies Record<string, Entry>

export type FindingCode = keyof typeof catalogue

/** @returns the severity of a code */
export const severityOf = (code: FindingCode): Severity => catalogue[code].severity
