/** Menus that fold out (`details.folding`): Escape, a look elsewhere or a choice in them (`data-folds`) folds them again. */
const OPEN = 'details.folding[open]'

const menuOf = (target: EventTarget | null): HTMLDetailsElement | null =>
  target instanceof Element ? target.closest<HTMLDetailsElement>(OPEN) : null

/** For the whole page, before anybody else hears of the event. */
export function foldMenus(page: Document): void {
  const foldOthers = ({ target }: Event): void => {
    const here = menuOf(target)
    for (const menu of page.querySelectorAll<HTMLDetailsElement>(OPEN)) if (menu !== here) menu.open = false
  }
  page.addEventListener('pointerdown', foldOthers, true)
  page.addEventListener('focusin', foldOthers)
  page.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('[data-folds] :is(a, button), :is(a, button)[data-folds]'))
      menuOf(target)?.removeAttribute('open')
  })
  page.addEventListener(
    'keydown',
    (event) => {
      const menu = page.querySelector<HTMLDetailsElement>(OPEN)
      if (event.key !== 'Escape' || !menu || page.querySelector('dialog[open]')) return
      event.preventDefault()
      event.stopPropagation()
      menu.open = false
      menu.querySelector('summary')?.focus()
    },
    true,
  )
}
