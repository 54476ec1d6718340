import { z } from 'zod'
import { ConfigError, inPart } from '../errors.js'
import { explain, listOf, show } from './check.js'
import { nearestWord } from './edit_distance.js'

/**
 * A schema with a line for every option, so that none is forgotten; the constructor keeps the
 * defaults.
 */
export type SchemaOf<Options> = z.ZodObject<{
  [Key in keyof Options]-?: z.ZodType<Options[Key]>
}>

/** How one name in a config becomes an object. */
export interface Entry<Options, Context, Built> {
  /** What the config may hold beside `type`; keys that are not in it are refused. */
  schema: SchemaOf<Options>
  /** @param context what other parts of the config decide, such as the channels that come in. */
  create(options: Options, context: Context): Built
}

/**
 * `{ type: 'A' } & OptionsOfA | { type: 'B' } & OptionsOfB` for `{ A: OptionsOfA, B: OptionsOfB }`.
 */
export type ConfigOf<Table> = {
  [Name in keyof Table]: { type: Name } & Table[Name]
}[keyof Table]

/**
 * Names that a config may give as `type`, with their options and constructors.
 *
 * `Table` is an interface from names to options. A new name joins it by declaration merging, and
 * the registry by one visible line: `backbones.register('MyNet', { schema, create })`.
 */
export class Registry<Table extends object, Context, Built> {
  private readonly entries = new Map<string, Entry<object, Context, Built>>()

  /** Reads `{ type, ...options }` by the entry of that type; entries may join later. */
  readonly schema: z.ZodType<ConfigOf<Table>>

  /**
   * @param kind what a name stands for, in messages: `backbone`.
   * @param key where a config has it, in its model.
   */
  constructor(
    readonly kind: string,
    readonly key: string = kind,
  ) {
    this.schema = z.unknown().transform((value, context) => {
      const result = this.schemaFor(value).safeParse(value, { error: explain })
      if (result.success) return result.data as ConfigOf<Table>
      for (const issue of result.error.issues) {
        context.issues.push({ ...issue, input: value } as unknown as z.core.$ZodRawIssue)
      }
      return z.NEVER
    })
  }

  /** Makes `name` known, once. */
  register<Name extends keyof Table & string>(
    name: Name,
    entry: Entry<Table[Name], Context, Built>,
  ): void {
    if (this.entries.has(name)) {
      throw new ConfigError(
        `the ${this.kind} ${name}`,
        'is registered twice',
        'give the second one another name',
      )
    }
    this.entries.set(name, entry as unknown as Entry<object, Context, Built>)
  }

  /** Builds what a checked config describes. Errors name its options by their path from here. */
  create(config: ConfigOf<Table>, context: Context): Built {
    const { type, ...options } = config as { type: string }
    return inPart(this.key, () => {
      const entry = this.entries.get(type)
      if (!entry) throw new ConfigError('type', ...this.explainType(type))
      return entry.create(options, context)
    })
  }

  private schemaFor(value: unknown): z.ZodType {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return z.object({})
    const type = 'type' in value ? value.type : undefined
    const entry = this.entries.get(type as string)
    if (!entry) return z.object({ type: z.never({ error: this.explainType(type).join('; ') }) })
    return entry.schema
      .safeExtend({ type: z.literal(type as string) })
      .strict()
      .meta({ title: String(type) })
  }

  private explainType(type: unknown): [what: string, fix: string] {
    const names = [...this.entries.keys()]
    if (type === undefined) return ['is missing', `use ${listOf(names)}`]
    const nearest = typeof type === 'string' ? nearestWord(type, names) : undefined
    return [
      `is ${show(type)}, which is not a registered ${this.kind}`,
      nearest ? `did you mean ${nearest}?` : `use ${listOf(names)}`,
    ]
  }
}
