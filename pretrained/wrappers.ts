import type { Pretrained } from './read_pretrained.js'

/**
 * What wrappers of whole models put before names: `module` DataParallel and EMA classes,
 * `_orig_mod` torch.compile, `model` and others the LightningModules and trainers whose attribute
 * it is.
 */
const WRAPPERS = [
  ...['module', '_orig_mod', '_forward_module', '_fsdp_wrapped_module', 'model', 'detector', 'net'],
  ...['network', 'online_model', 'ema', 'ema_model', 'model_ema', 'averaged_model'],
]

/**
 * Wrappers of parts of a model, whose names stand inside others: `backbone._orig_mod.conv1.weight`.
 */
const INNER = /\.(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g

const LEADING = new RegExp(`^(?:${WRAPPERS.join('|')})\\.`)

/** Prefixes of weights that are running averages. */
const AVERAGES = /(?:^|\.)(?:ema|ema_model|model_ema|averaged_model)\./

/**
 * The prefixes that wrappers may have given to some of the names, the empty one first, then shorter
 * before longer: for `model.module.conv1.weight` they are none, `model.` and `model.module.`.
 */
export function wrapperPrefixes(names: Iterable<string>): string[] {
  const prefixes = new Set([''])
  for (const name of names) {
    let prefix = ''
    for (;;) {
      const next = LEADING.exec(name.slice(prefix.length))
      if (!next || prefix.length + next[0].length === name.length) break
      prefix += next[0]
      prefixes.add(prefix)
    }
  }
  return [...prefixes].sort((a, b) => a.length - b.length)
}

/** True where the weights behind a prefix are running averages. */
export function isOfAverages(prefix: string): boolean {
  return AVERAGES.test(prefix)
}

/**
 * The weights behind a prefix, without it and without the wrappers of parts inside their names. The
 * others are listed as what the file has beside them.
 */
export function unwrap(pretrained: Pretrained, prefix: string): Pretrained {
  const tensors: Pretrained['tensors'] = {}
  const others = [...pretrained.others]
  let isInner = false
  for (const [name, tensor] of Object.entries(pretrained.tensors)) {
    if (!name.startsWith(prefix)) {
      others.push({ name, what: `outside ${prefix}*, which holds the weights` })
      continue
    }
    const outer = name.slice(prefix.length)
    const short = outer.replace(INNER, '')
    isInner ||= short !== outer
    if (Object.hasOwn(tensors, short)) return pretrained // two of one name: these are no wrappers
    tensors[short] = tensor
  }
  const cut = `${pretrained.prefix ?? ''}${prefix}`
  return { ...pretrained, tensors, others, prefix: cut || (isInner ? 'module.' : undefined) }
}
