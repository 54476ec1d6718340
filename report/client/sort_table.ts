/**
 * Makes the headers of a table sort its rows: numbers by `data-value`, largest first; texts from A
 * on.
 */
export function makeSortable(table: HTMLTableElement): void {
  const headers = [...table.tHead!.rows[0].cells]
  for (const [column, header] of headers.entries()) {
    header.querySelector('button')?.addEventListener('click', () => {
      const isNumeric = header.classList.contains('number')
      const first = isNumeric ? 'descending' : 'ascending'
      const second = isNumeric ? 'ascending' : 'descending'
      const direction = header.getAttribute('aria-sort') === first ? second : first
      for (const other of headers) other.removeAttribute('aria-sort')
      header.setAttribute('aria-sort', direction)
      sortRows(table.tBodies[0], { column, isNumeric, isDescending: direction === 'descending' })
    })
  }
}

interface Order {
  column: number
  isNumeric: boolean
  isDescending: boolean
}

/** Equal rows keep their order; rows without a number stay last. */
function sortRows(body: HTMLTableSectionElement, { column, isNumeric, isDescending }: Order): void {
  const sign = isDescending ? -1 : 1
  const rows = [...body.rows].map((row) => {
    const cell = row.cells[column]
    return { row, text: cell.textContent ?? '', value: Number.parseFloat(cell.dataset.value ?? '') }
  })
  rows.sort((a, b) => {
    if (!isNumeric) return sign * a.text.localeCompare(b.text)
    if (Number.isNaN(a.value) || Number.isNaN(b.value)) {
      return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
    }
    return sign * (a.value - b.value)
  })
  body.append(...rows.map(({ row }) => row))
}
