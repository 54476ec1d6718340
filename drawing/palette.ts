/** Red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number]

export const BLACK: Color = [0, 0, 0]
export const WHITE: Color = [255, 255, 255]

/**
 * Hue of the first class, degrees; the others follow by the golden angle, so that none repeats, and
 * neighbours differ.
 */
const FIRST_HUE = 25
const GOLDEN_ANGLE = 180 * (3 - Math.sqrt(5))
/** Taken in turn, so that hues that come near again after many classes differ in lightness. */
const LIGHTNESS = [0.68, 0.8, 0.57]
const CHROMA = 0.19

/** The colour of a class, the same for its index each time. */
export function classColor(classIndex: number): Color {
  const hue = FIRST_HUE + GOLDEN_ANGLE * classIndex
  return oklchToRgb(LIGHTNESS[classIndex % LIGHTNESS.length], CHROMA, (hue * Math.PI) / 180)
}

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(background: Color): Color {
  return contrast(background, BLACK) >= contrast(background, WHITE) ? BLACK : WHITE
}

/** How well two colours can be told apart, 1 to 21. Source: contrast ratio of WCAG 2.1. */
export function contrast(a: Color, b: Color): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (lighter + 0.05) / (darker + 0.05)
}

/** Relative luminance, 0 to 1. */
function luminance(color: Color): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/**
 * Source: Oklab by Björn Ottosson, "A perceptual color space for image processing", 2020. Colours
 * that no screen can show are cut to the nearest value of each channel.
 *
 * @param lightness 0 to 1.
 * @param hue radians.
 */
function oklchToRgb(lightness: number, chroma: number, hue: number): Color {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)]
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    toByte(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    toByte(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    toByte(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

/** From linear light, 0 to 1, to an sRGB byte. */
function toByte(linear: number): number {
  const light = Math.min(Math.max(linear, 0), 1)
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055))
}
