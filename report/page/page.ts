import { createHash } from 'node:crypto'
import type { Pictures, ReportDocument } from '../document.js'
import { Html, html, jsonForScript } from '../html.js'
import { cudaSection } from './cuda_section.js'
import { notesList } from './notes.js'
import { overviewSection } from './overview_section.js'
import { runSection } from './run_section.js'
import { sizeSection } from './size_section.js'
import { speedSection } from './speed_section.js'
import { tiles } from './tiles.js'

/** What the page carries beside its content. */
export interface PageParts {
  script: string
  style: string
}

/** Opens what a page carries of its document. */
const DOCUMENT_TAG = new Html('<script type="application/json" id="report">')

/** True for a page that `renderPage` made. */
export function isReportPage(text: string): boolean {
  return text.includes(DOCUMENT_TAG.text)
}

/** The whole page: it asks for nothing from outside, and its security policy forbids it. */
export function renderPage(
  document: ReportDocument,
  pictures: Pictures,
  { script, style }: PageParts,
): string {
  const { runs } = document
  const title = runs.length === 1 ? `${runs[0].name}: report` : 'Report'
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<header><h1>${title}</h1>
<p class="meta">${contentsOf(document)} · made ${document.createdAt.slice(0, 16).replace('T', ' ')} UTC</p>
${tiles(document)}
<nav aria-label="Sections">${linksOf(document)}</nav></header>
<main>
${runs.length === 0 && notesList(['No run is in this report: name work dirs to add them.'])}
${overviewSection(document)}
${speedSection(document)}
${cudaSection(document)}
${sizeSection(document)}
${runs.map((run) => runSection(run, pictures))}
</main>
<footer><noscript><p>Charts need JavaScript; all their numbers are in the tables.</p></noscript>
<p class="note">AP and AR are in percent, as COCO and papers write them.</p></footer>
${DOCUMENT_TAG}${jsonForScript(document)}</script>
<script>${new Html(script)}</script>
</body>
</html>
`.text
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function contentsOf({ runs, benchmarks, cuda }: ReportDocument): string {
  const counted = (count: number, name: string) => `${count} ${name}${count === 1 ? '' : 's'}`
  return `${counted(runs.length, 'run')}, ${counted(benchmarks.length + cuda.length, 'benchmark')}`
}

function linksOf({ runs, cuda }: ReportDocument): Html[] {
  const sections = [
    ...(runs.length > 0 ? [['runs', 'Runs']] : []),
    ['speed', 'Speed'],
    ...(cuda.length > 0 ? [['cuda', 'CUDA']] : []),
    ...(runs.length > 0 ? [['size', 'Size']] : []),
    ...runs.map(({ id, name }) => [id, name]),
  ]
  return sections.map(([id, name]) => html`<a href="#${id}">${name}</a> `)
}
