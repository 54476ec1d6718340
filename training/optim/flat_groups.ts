import * as tf from '../../tf/tf.js'

/**
 * Tensors of up to so many values are grouped. Starting an operation takes a GPU some microseconds,
 * however small it is; estimated, a copy into a group and one back cost less than a dozen starts up
 * to about a million values there, and on a processor up to some ten thousands.
 */
const GROUPED_SIZE = 2 ** 16

type Tensors = Readonly<Record<string, tf.Tensor>>

/**
 * Names of tensors that are treated as one vector, laid end to end; large tensors are alone. The
 * first stands for it.
 */
export type FlatGroup = readonly string[]

/**
 * Sorts tensors into groups, so that an operation on each value of hundreds of small tensors is one
 * operation.
 *
 * @param kindOf what tensors of one group have in common.
 */
export function flatGroups(tensors: Tensors, kindOf: (name: string) => unknown): FlatGroup[] {
  const large: FlatGroup[] = []
  const small = new Map<unknown, string[]>()
  for (const [name, { size }] of Object.entries(tensors)) {
    if (size > GROUPED_SIZE) {
      large.push([name])
      continue
    }
    const kind = kindOf(name)
    const group = small.get(kind) ?? []
    small.set(kind, group)
    group.push(name)
  }
  return [...large, ...small.values()]
}

/**
 * One tensor for each group, by its first name: the vector of all, or the tensor itself where it is
 * alone.
 */
export function flatten(groups: readonly FlatGroup[], tensors: Tensors): Record<string, tf.Tensor> {
  const vectors = groups.map((group) => {
    const [first] = group
    if (group.length === 1) return [first, tensors[first]] as const
    return [first, tf.concat(group.map((name) => tf.reshape(tensors[name], [-1])))] as const
  })
  return Object.fromEntries(vectors)
}

/** The tensors that `flatten` joined, by name, with the shapes of the tensors in `like`. */
export function unflatten(
  groups: readonly FlatGroup[],
  flat: Tensors,
  like: Tensors,
): Record<string, tf.Tensor> {
  const tensors = groups.flatMap((group) => {
    const vector = flat[group[0]]
    if (group.length === 1) return [[group[0], vector] as const]
    const sizes = group.map((name) => like[name].size)
    const parts = tf.split(vector, sizes)
    return group.map((name, i) => [name, tf.reshape(parts[i], like[name].shape)] as const)
  })
  return Object.fromEntries(tensors)
}
