/** What is known of a file and a model when their tensors are matched. */
export interface Situation {
  /** Names in the file, after they were adapted. */
  readonly file: ReadonlySet<string>
  /** Names in the model. */
  readonly model: ReadonlySet<string>
  /** What of a detector is asked for. */
  readonly part: 'model' | 'backbone'
}

/** One line of the table: why a tensor may be without its partner. */
interface Explanation {
  readonly names: RegExp
  readonly when?: (situation: Situation, name: string) => boolean
  readonly because: string
}

const COUNTERS: Explanation = {
  names: /(?:^|\.)num_batches_tracked$/,
  because: 'a counter of BatchNorm, which nothing uses',
}

const NOT_ASKED_FOR: Explanation = {
  names: /^(?!backbone\.)/,
  when: ({ part, model }) => part === 'backbone' && some(model, /^backbone\./),
  because: 'not of the backbone, which is all that is asked for',
}

/** Why a tensor of the model may be missing in the file. */
const MISSING: readonly Explanation[] = [
  NOT_ASKED_FOR,
  {
    names: /^(?:neck|bbox_head|rpn_head|roi_head)\./,
    when: ({ file }) => !some(file, /^(?:neck|bbox_head|rpn_head|roi_head)\./),
    because: 'the file holds a backbone alone, so the rest of the detector starts anew',
  },
  {
    names: /^(?:backbone\.)?norm\d\.(?:weight|bias)$/,
    when: ({ file }) =>
      !some(file, /^(?:backbone\.)?norm\d\./) && some(file, /layers\.0\.blocks\.0\./),
    because: 'a classifier has no norms at the outputs of its stages, so these start as 1 and 0',
  },
  {
    names: /^neck\.fpn_convs\.[34]\./,
    when: ({ file }) =>
      file.has('bbox_head.retina_cls.weight') && !some(file, /^neck\.fpn_convs\.[34]\./),
    because: 'the file makes P6 and P7 in another way, so these start anew',
  },
  {
    names: /^(?:cls1\.[23]|cls2\.0|cls\.2|fc)\.[a-z_]+$/,
    when: ({ file }) => !some(file, /^(?:cls1\.[23]|cls2\.0|cls\.2|fc)\./),
    because: 'the file has no classifier, so it starts anew',
  },
  {
    names: /^roi_head\.mask_head\./,
    when: ({ file }) =>
      some(file, /^roi_head\.bbox_head\./) && !some(file, /^roi_head\.mask_head\./),
    because: 'the file has no masks, so the mask head starts anew',
  },
]

/** Why a tensor of the file may have no place in the model. */
const UNEXPECTED: readonly Explanation[] = [
  COUNTERS,
  NOT_ASKED_FOR,
  { names: /^(?:backbone\.)?n_averaged$/, because: 'how many weights were averaged' },
  {
    names: /(?:^|\.)(?:relative_position_index|attn_mask)$/,
    because: 'computed from the sizes of window and image',
  },
  {
    names: /^(?:backbone\.)?(?:cls1\.[23]|cls2\.0|cls\.2|fc|head)\.[a-z_]+$/,
    because: "the classifier's, which the model does not have",
  },
  {
    names: /^(?:backbone\.)?norm\.(?:weight|bias)$/,
    because: 'the norm before the classifier, which the model does not have',
  },
  {
    names: /^(?:neck|bbox_head|rpn_head|roi_head)\./,
    when: ({ model }) => !some(model, /^(?:backbone|neck|bbox_head|rpn_head|roi_head)\./),
    because: 'of the detector around the backbone, which is all that the model has',
  },
  {
    names: /^(?:backbone\.)?norm\d\.(?:weight|bias)$/,
    when: ({ model }) => some(model, /^(?:backbone\.)?layers\.0\.blocks\.0\./),
    because: 'the norm of a stage that the model takes no features from',
  },
  {
    names: /^(?:backbone\.)?layers\.\d\./,
    when: ({ model }, name) => isBehindLast(model, name),
    because: 'of a stage that the model is built without, as nothing is taken from it',
  },
  {
    names: /^ema_/,
    when: ({ file }) => some(file, /^(?:backbone|neck)\./),
    because: "mmdetection's running averages, beside the weights they are of",
  },
]

/** Layers with an output for each class. */
const CLASS_LAYERS =
  /(?:^|\.)(?:retina_cls|fc_cls|fc_reg|conv_logits|cls1\.[23]|cls2\.0|cls\.2|fc|head)\.(?:weight|bias|running_mean|running_var)$/

export function whyMissing(name: string, situation: Situation): string | undefined {
  return explain(MISSING, name, situation)
}

export function whyUnexpected(name: string, situation: Situation): string | undefined {
  return explain(UNEXPECTED, name, situation)
}

/** True for the weights of a layer that has outputs for each class. */
export function isClassLayer(name: string): boolean {
  return CLASS_LAYERS.test(name)
}

/** Why a tensor may have another shape in the file: it is trained for other classes. */
export function whyOtherShape(
  name: string,
  situation: Situation,
  [found, expected]: readonly (readonly number[])[],
): string | undefined {
  const notAskedFor = explain([NOT_ASKED_FOR], name, situation)
  if (notAskedFor) return notAskedFor
  const isAlike =
    found.length === expected.length && found.slice(2).join() === expected.slice(2).join()
  if (!CLASS_LAYERS.test(name) || !isAlike) return undefined
  return 'it is trained for another number of classes, so the layer starts anew'
}

function explain(table: readonly Explanation[], name: string, situation: Situation) {
  const found = table.find(
    ({ names, when }) => names.test(name) && (when?.(situation, name) ?? true),
  )
  return found?.because
}

/** True for what comes behind the last stage that a Swin Transformer has. */
function isBehindLast(model: ReadonlySet<string>, name: string): boolean {
  const last = Math.max(...[...model].map(stageOf))
  const stage = stageOf(name)
  return last >= 0 && (stage > last || (stage === last && name.includes('.downsample.')))
}

/** 2 for `backbone.layers.2.blocks.0.norm1.weight`, -1 for what is of no stage. */
function stageOf(name: string): number {
  return Number(/(?:^|\.)layers\.(\d)\./.exec(name)?.[1] ?? -1)
}

function some(names: ReadonlySet<string>, pattern: RegExp): boolean {
  for (const name of names) if (pattern.test(name)) return true
  return false
}
