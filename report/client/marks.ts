/** What is written into charts beside what chart.js draws. */
import type { Chart, Plugin } from 'chart.js'
import type { Theme } from './theme.js'

/** The value at the end of each bar. */
export function barValues(format: (value: number) => string, theme: Theme): Plugin {
  return {
    id: 'barValues',
    afterDatasetsDraw(chart) {
      const { ctx } = chart
      ctx.save()
      ctx.font = fontOf(chart)
      ctx.fillStyle = theme.text
      ctx.strokeStyle = theme.surface // around the letters, so that lines behind do not cross them
      ctx.lineWidth = 4
      ctx.lineJoin = 'round'
      ctx.textBaseline = 'middle'
      for (const [i, { data }] of chart.data.datasets.entries()) {
        for (const [j, bar] of chart.getDatasetMeta(i).data.entries()) {
          const value = data[j]
          if (typeof value !== 'number') continue
          ctx.strokeText(format(value), bar.x + 6, bar.y)
          ctx.fillText(format(value), bar.x + 6, bar.y)
        }
      }
      ctx.restore()
    },
  }
}

/** A dashed line across the bars. */
export function referenceLine(value: number, theme: Theme): Plugin {
  return {
    id: 'referenceLine',
    beforeDatasetsDraw({ ctx, chartArea, scales }) {
      const x = scales.x.getPixelForValue(value)
      ctx.save()
      ctx.strokeStyle = theme.muted
      ctx.setLineDash([4, 3])
      ctx.beginPath()
      ctx.moveTo(x, chartArea.top)
      ctx.lineTo(x, chartArea.bottom)
      ctx.stroke()
      ctx.restore()
    },
  }
}

function fontOf({ options }: Chart): string {
  return `${options.font?.size ?? 12}px ${options.font?.family ?? 'sans-serif'}`
}
