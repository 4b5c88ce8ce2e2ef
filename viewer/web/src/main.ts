/** The entry: the application's shell registers itself as <tierread-app>. */
import '../../static/base.css'
import '../../static/shell.css'
import './app.css'
import './worklist/worklist.css'
import './desk/desk.css'
import './images/images.css'
import './shell/app'
import { declareLanguage, text } from './language'
import { pressOnce } from './keys/held'
import { foldMenus } from './shell/folding'
import { declareTheme } from './theme'

declareLanguage()
declareTheme()
document.body.dataset['cut'] = text('form.cut', { n: '{n}' })
pressOnce()
foldMenus(document)
