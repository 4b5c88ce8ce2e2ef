// Copies the fonts of what our regions write beside Chinese to static/app/fonts: the desk and the printed sheet use them.
import { copyFileSync, mkdirSync } from 'node:fs'

const FONTS = {
  'noto-sans': 'NotoSans',
  'noto-naskh-arabic': 'NotoNaskhArabic',
  'noto-serif-tibetan': 'NotoSerifTibetan',
  'noto-sans-thai': 'NotoSansThai',
  'noto-sans-symbols': 'NotoSansSymbols',
  'noto-sans-symbols-2': 'NotoSansSymbols2',
  'noto-sans-math': 'NotoSansMath',
  'noto-emoji': 'NotoEmoji',
}
const folder = new URL('../static/app/fonts/', import.meta.url)

mkdirSync(folder, { recursive: true })
for (const [name, font] of Object.entries(FONTS)) {
  const from = new URL(`node_modules/@expo-google-fonts/${name}/`, import.meta.url)
  copyFileSync(new URL(`400Regular/${font}_400Regular.ttf`, from), new URL(`${font}.ttf`, folder))
  copyFileSync(new URL('LICENSE_FONT', from), new URL(`${font}.OFL.txt`, folder))
}
