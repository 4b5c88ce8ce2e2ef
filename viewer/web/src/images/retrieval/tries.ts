/** Asks again where there was no answer, after growing pauses. */

/** The server was not reached, or could not answer now: another try may do better. */
export class Unanswered extends Error {}

export const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Before the second and the third try. */
const PAUSES_MS = [500, 2_000] as const

/** Raises what `ask` raises: Unanswered after the last try, everything else at once. */
export async function withTries<T>(
  ask: () => Promise<T>,
  pause: (milliseconds: number) => Promise<void> = wait,
): Promise<T> {
  for (const milliseconds of PAUSES_MS) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      await pause(milliseconds)
    }
  }
  return ask()
}
