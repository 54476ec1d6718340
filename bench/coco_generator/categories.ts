/** Category ids of COCO, which are not contiguous: 1 to 90 without these. */
const UNUSED_IDS = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

/**
 * COCO's categories in the order of their ids, with about how many objects train2017 has of each,
 * in hundreds.
 */
const TABLE: readonly [supercategory: string, names: string][] = [
  ['person', 'person 2573'],
  [
    'vehicle',
    'bicycle 71, car 435, motorcycle 87, airplane 51, bus 61, train 46, truck 100, boat 106',
  ],
  ['outdoor', 'traffic light 128, fire hydrant 19, stop sign 20, parking meter 13, bench 98'],
  [
    'animal',
    'bird 105, cat 48, dog 55, horse 66, sheep 92, cow 80, elephant 55, bear 13, zebra 53, giraffe 51',
  ],
  ['accessory', 'backpack 87, umbrella 113, handbag 123, tie 64, suitcase 61'],
  [
    'sports',
    'frisbee 27, skis 66, snowboard 27, sports ball 63, kite 88, baseball bat 33, baseball glove 37, ' +
      'skateboard 55, surfboard 61, tennis racket 48',
  ],
  ['kitchen', 'bottle 241, wine glass 78, cup 206, fork 55, knife 78, spoon 62, bowl 143'],
  [
    'food',
    'banana 92, apple 58, sandwich 44, orange 63, broccoli 73, carrot 78, hot dog 29, pizza 58, donut 70, cake 63',
  ],
  ['furniture', 'chair 381, couch 58, potted plant 86, bed 42, dining table 157, toilet 41'],
  ['electronic', 'tv 58, laptop 50, mouse 23, remote 57, keyboard 29, cell phone 64'],
  ['appliance', 'microwave 17, oven 33, toaster 2, sink 56, refrigerator 26'],
  [
    'indoor',
    'book 241, clock 63, vase 66, scissors 15, teddy bear 47, hair drier 2, toothbrush 19',
  ],
]

export interface Category {
  supercategory: string
  id: number
  name: string
}

export const PERSON = 1

const IDS = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !UNUSED_IDS.has(id))

const ENTRIES = TABLE.flatMap(([supercategory, names]) =>
  names.split(', ').map((entry) => {
    const [, name, frequency] = /^(.*) (\d+)$/.exec(entry) as RegExpExecArray
    return { supercategory, name, frequency: Number(frequency) }
  }),
).map((entry, i) => ({ ...entry, id: IDS[i] }))

/** `[80]` */
export const CATEGORIES: readonly Category[] = ENTRIES.map(({ supercategory, id, name }) => ({
  supercategory,
  id,
  name,
}))

/**
 * Each category's id as often as it is common, so that an even draw from it is skewed as COCO is.
 */
const COMMON_IDS = ENTRIES.flatMap(({ id, frequency }) => Array<number>(frequency).fill(id))

/** The id of a category, the common ones more often. */
export function drawCategory(random: { integer(bound: number): number }): number {
  return COMMON_IDS[random.integer(COMMON_IDS.length)]
}
