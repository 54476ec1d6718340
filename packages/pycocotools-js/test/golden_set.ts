import type { CocoDataset, CocoResult } from '../source/index.js'

/** Two images of cats and dogs; image 2 has a crowd. */
export const PETS: CocoDataset = {
  images: [1, 2].map((id) => ({ id, width: 200, height: 200 })),
  categories: [
    { id: 1, name: 'cat' },
    { id: 3, name: 'dog' },
  ],
  annotations: [
    pet(1, 1, 1, [10, 10, 100, 100], 9800),
    pet(2, 1, 1, [120, 120, 40, 40], 1500),
    pet(3, 1, 3, [50, 60, 20, 20], 400),
    { ...pet(4, 2, 1, [0, 0, 150, 150], 20000), iscrowd: 1 },
    pet(5, 2, 1, [160, 20, 30, 60], 1700),
    pet(6, 2, 3, [20, 20, 60, 60], 3600),
  ],
}

export const PET_RESULTS: CocoResult[] = [
  { image_id: 1, category_id: 1, bbox: [12, 12, 96, 100], score: 0.95 },
  { image_id: 1, category_id: 1, bbox: [10, 10, 100, 70], score: 0.8 },
  { image_id: 1, category_id: 1, bbox: [122, 118, 40, 36], score: 0.7 },
  { image_id: 1, category_id: 3, bbox: [52, 62, 20, 20], score: 0.6 },
  { image_id: 2, category_id: 1, bbox: [20, 20, 40, 40], score: 0.9 },
  { image_id: 2, category_id: 1, bbox: [160, 24, 30, 60], score: 0.85 },
  { image_id: 2, category_id: 1, bbox: [150, 120, 30, 30], score: 0.4 },
  { image_id: 2, category_id: 3, bbox: [100, 100, 50, 50], score: 0.75 },
  { image_id: 2, category_id: 3, bbox: [22, 18, 60, 60], score: 0.65 },
]

/** Numbers of pycocotools 2.0.11, for bbox and for segm alike. */
export const PET_STATS = [
  0.5291254125412541, 0.7912541254125411, 0.45792079207920794, 0.39999999999999997,
  0.4844884488448844, 0.8999999999999999, 0.24999999999999994, 0.6666666666666667,
  0.6666666666666667, 0.4, 0.725, 0.9,
]

/** The same with `useCats = 0`, by pycocotools 2.0.11. */
export const PET_STATS_WITHOUT_CLASSES = [
  0.6108910891089109, 0.9009900990099009, 0.5247524752475247, 0.39999999999999997,
  0.567079207920792, 0.8999999999999999, 0.18, 0.6799999999999999, 0.6799999999999999, 0.4, 0.7,
  0.9,
]

/** A medium person and a large one. */
export const PERSONS: CocoDataset = {
  images: PETS.images,
  categories: [{ id: 1, name: 'person' }],
  annotations: [
    person(1, [0, 0, 60, 80], 4000, pose(0, 2)),
    person(2, [20, 20, 100, 140], 12000, pose(20, 1)),
  ],
}

export const PERSON_RESULTS: CocoResult[] = [
  { image_id: 1, category_id: 1, keypoints: pose(1, 1), score: 0.9 },
  { image_id: 2, category_id: 1, keypoints: pose(24, 1), score: 0.8 },
  { image_id: 2, category_id: 1, keypoints: pose(60, 1), score: 0.7 },
]

/** Numbers of pycocotools 2.0.11, for keypoints. */
export const PERSON_STATS = [
  0.900990099009901, 1, 1, 0.9999999999999998, 0.7999999999999999, 0.9, 1, 1, 1, 0.8,
]

function pet(id: number, image_id: number, category_id: number, bbox: number[], area: number) {
  const [x, y, width, height] = bbox
  const corners = [x, y, x + width, y, x + width, y + height, x, y + height]
  return { id, image_id, category_id, bbox, area, iscrowd: 0, segmentation: [corners] }
}

/** Person `id` is alone in image `id`. */
function person(id: number, bbox: number[], area: number, keypoints: number[]) {
  return { id, image_id: id, category_id: 1, bbox, area, iscrowd: 0, num_keypoints: 17, keypoints }
}

/** `[51]`, a grid of points moved to the right by `shift` pixels. */
function pose(shift: number, visibility: number): number[] {
  return Array.from({ length: 17 }, (_, i) => i).flatMap((i) => [
    10 * (i % 5) + shift,
    20 * Math.floor(i / 5) + shift,
    visibility,
  ])
}
