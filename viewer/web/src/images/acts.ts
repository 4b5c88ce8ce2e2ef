/** What a key does to the picture on the screen. */
import type { ImageKey } from './image-keys'
import type { Stack } from './stack'

export function actOn(stack: Stack, meant: ImageKey): void {
  if (meant.kind === 'window') stack.setWindow(meant.window)
  if (meant.kind === 'step') stack.step(meant.by)
  if (meant.kind === 'zoom') stack.stance.zoomBy(meant.factor)
  if (meant.kind === 'invert') stack.invert()
  if (meant.kind === 'rotate') stack.stance.rotate()
  if (meant.kind === 'flip') stack.stance.flip()
  if (meant.kind === 'reset') stack.reset()
  if (meant.kind === 'remove') stack.marks.removeSelected()
  if (meant.kind === 'back') stack.marks.bringBack()
}
