import { floats, type HostTensor, ints, isHostTensor } from '../host_tensor.js'
import * as tf from '../tf/tf.js'
import { DeviceTensor } from './device_tensor.js'

/**
 * What compiled functions are given: numbers of the host's, or of the device's that they run on.
 */
export type RunTensor = HostTensor | DeviceTensor

/**
 * Nested records and lists with a `Leaf` at each end. An entry that is undefined counts as absent.
 */
export type Tree<Leaf> =
  | Leaf
  | { readonly [key: string]: Tree<Leaf> | undefined }
  | readonly Tree<Leaf>[]

export type TensorTree = Tree<tf.Tensor>

/** The nesting of `T` with a `Leaf` in place of every `tf.Tensor`. */
type TreeLike<T, Leaf> = T extends tf.Tensor
  ? Leaf
  : T extends readonly (infer Item)[]
    ? TreeLike<Item, Leaf>[]
    : T extends undefined
      ? undefined
      : { [Key in keyof T]: TreeLike<T[Key], Leaf> }

/** The same nesting with every `tf.Tensor` replaced by a `HostTensor`. */
export type HostTree<T> = TreeLike<T, HostTensor>

/** The same nesting with every `tf.Tensor` replaced by a tensor on the host or on a device. */
export type RunTree<T> = TreeLike<T, RunTensor>

/** True for tensors of both kinds that compiled functions are given. */
export function isRunTensor(value: unknown): value is RunTensor {
  return value instanceof DeviceTensor || isHostTensor(value)
}

/**
 * Narrows a tensor that is known to be on the host, such as an output that was given no place on a
 * device.
 */
export function hostTensor(tensor: RunTensor): HostTensor {
  if (tensor instanceof DeviceTensor) {
    throw new Error(
      `a tensor [${tensor.shape}] on a device was taken for one on the host; call its read()`,
    )
  }
  return tensor
}

/** True for the leaves of a tensor tree. */
export function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor
}

/**
 * Leaves of a tree with their paths (`state.backbone.stem1.0.weight`), in key order of insertion.
 */
export function flattenTree<Leaf>(
  tree: Tree<Leaf>,
  isLeaf: (value: unknown) => value is Leaf,
  path = '',
): { path: string; leaf: Leaf }[] {
  if (isLeaf(tree)) return [{ path, leaf: tree }]
  const entries = Array.isArray(tree)
    ? tree.map((value, index) => [String(index), value] as const)
    : presentEntries(tree as { [key: string]: Tree<Leaf> | undefined })
  return entries.flatMap(([key, value]) =>
    flattenTree(value, isLeaf, path === '' ? key : `${path}.${key}`),
  )
}

/** A tree of the same nesting with each leaf replaced by `map(leaf, path)`. */
export function mapTree<Leaf, Result>(
  tree: Tree<Leaf>,
  isLeaf: (value: unknown) => value is Leaf,
  map: (leaf: Leaf, path: string) => Result,
  path = '',
): Tree<Result> {
  if (isLeaf(tree)) return map(tree, path)
  const child = (key: string) => (path === '' ? key : `${path}.${key}`)
  if (Array.isArray(tree)) {
    return tree.map((value, index) => mapTree(value, isLeaf, map, child(String(index))))
  }
  const entries = presentEntries(tree as { [key: string]: Tree<Leaf> | undefined })
  return Object.fromEntries(
    entries.map(([key, value]) => [key, mapTree(value, isLeaf, map, child(key))]),
  )
}

function presentEntries<Value>(record: { [key: string]: Value | undefined }): [string, Value][] {
  return Object.entries(record).filter((entry): entry is [string, Value] => entry[1] !== undefined)
}

/** Copies a host tensor into the current TensorFlow.js backend. */
export function toTensor(host: HostTensor): tf.Tensor {
  const dtype = host.dtype === 'uint8' ? 'int32' : host.dtype
  const values = host.dtype === 'uint8' ? Int32Array.from(host.data) : host.data
  return tf.tensor(values, [...host.shape], dtype)
}

/**
 * Copies a tensor of the current TensorFlow.js backend to the host. Not possible on a traced
 * tensor.
 */
export function toHost(tensor: tf.Tensor): HostTensor {
  const data = tensor.dataSync()
  if (tensor.dtype === 'int32') return ints(data, tensor.shape)
  if (tensor.dtype === 'bool')
    return { dtype: 'bool', shape: tensor.shape, data: Uint8Array.from(data) }
  return floats(Float32Array.from(data), tensor.shape)
}
