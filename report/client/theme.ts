/** Colours of charts on a light and on a dark page; text and lines are those of style.css. */
export interface Theme {
  text: string
  muted: string
  grid: string
  surface: string
  /** What others measured. */
  published: string
  /** One a series; distinguishable with colour vision deficiencies too. */
  series: readonly string[]
}

export const LIGHT: Theme = {
  text: '#1b1f24',
  muted: '#5b6470',
  grid: '#e6e9ed',
  surface: '#ffffff',
  published: '#a3adb8',
  series: ['#1f5fbf', '#c2570c', '#0f8a6d', '#9b3fa8', '#94740a', '#c0304f', '#3e7c9e', '#6b6b6b'],
}

export const DARK: Theme = {
  text: '#e6e9ed',
  muted: '#9aa4b0',
  grid: '#2b3138',
  surface: '#1a1e23',
  published: '#67727e',
  series: ['#7fb0ff', '#ffa564', '#4fd0ac', '#d493e0', '#e0c04d', '#ff7f96', '#8fc1dc', '#b5b5b5'],
}

const dark = matchMedia('(prefers-color-scheme: dark)')

/** The theme that the page has now. */
export function currentTheme(): Theme {
  return dark.matches ? DARK : LIGHT
}

/** Calls `draw` with each new theme of the page; paper is light. */
export function onThemeChange(draw: (theme: Theme) => void): void {
  dark.addEventListener('change', () => draw(currentTheme()))
  addEventListener('beforeprint', () => draw(LIGHT))
  addEventListener('afterprint', () => draw(currentTheme()))
}
