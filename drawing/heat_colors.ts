import type { Color } from './palette.js'

/** Coefficients of red, green and blue by rising power. */
const INFERNO = [
  [0.0002189403691192265, 0.001651004631001012, -0.01948089843709184],
  [0.1065134194856116, 0.5639564367884091, 3.932712388889277],
  [11.60249308247187, -3.972853965665698, -15.9423941062914],
  [-41.70399613139459, 17.43639888205313, 44.35414519872813],
  [77.162935699427, -33.40235894210092, -81.80730925738993],
  [-71.31942824499214, 32.62606426397723, 73.20951985803202],
  [25.13112622477341, -12.24266895238567, -23.07032500287172],
] as const

/**
 * The colour of a heat: black, violet, red, orange, pale yellow, each as much lighter as it is
 * hotter.
 *
 * Source: matplotlib's inferno to within 9 of 255, by the polynomials that Matt Zucker fitted to it
 * (shadertoy.com/view/WlfXRN, CC0).
 *
 * @param heat 0 to 1; what lies outside takes the nearest.
 */
export function heatColor(heat: number): Color {
  const x = Math.min(Math.max(heat, 0), 1)
  const [red, green, blue] = [0, 1, 2].map((channel) => {
    const value = INFERNO.reduceRight((sum, coefficients) => sum * x + coefficients[channel], 0)
    return Math.round(255 * Math.min(Math.max(value, 0), 1))
  })
  return [red, green, blue]
}
