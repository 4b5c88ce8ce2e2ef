/** A held Enter presses a button once, as a held key does an act once: browsers press it again and again. */

export function pressOnce(): void {
  document.addEventListener(
    'keydown',
    (event) => {
      const isButton = (event.target as Element).closest('button, summary, a') !== null
      if (event.repeat && event.key === 'Enter' && isButton) event.preventDefault()
    },
    { capture: true },
  )
}
