import type { Rect } from './paint.js'

/**
 * Where the tag of a box goes: above it, else inside, else below, else at its right, the first that
 * lies in the picture and covers no other tag; if none does, the first that lies in the picture.
 *
 * @param box whole pixels.
 * @param size of the tag, and of the picture.
 * @param taken tags that are there already.
 */
export function placeTag(
  box: Rect,
  { tag, image }: Record<'tag' | 'image', { width: number; height: number }>,
  taken: readonly Rect[],
): Rect {
  const slide = (left: number) => Math.max(0, Math.min(left, image.width - tag.width))
  const rectAt = (left: number, top: number): Rect => ({
    left: slide(left),
    top,
    right: slide(left) + tag.width,
    bottom: top + tag.height,
  })
  const inside = Math.max(box.top, 0)
  const bottom = Math.min(box.bottom, image.height)
  const places = [
    rectAt(box.left, box.top - tag.height),
    rectAt(box.left, inside),
    rectAt(box.left, bottom),
    rectAt(box.right - tag.width, box.top - tag.height),
    rectAt(box.left, bottom - tag.height),
    rectAt(box.left, inside + tag.height),
    rectAt(box.right - tag.width, inside),
  ].filter(({ top, bottom }) => top >= 0 && bottom <= image.height)
  const free = places.find((place) => !taken.some((other) => overlap(place, other)))
  return free ?? places[0] ?? rectAt(box.left, 0)
}

function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
