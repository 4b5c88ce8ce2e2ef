/** The entry: the application's shell registers itself as <tierread-app>. */
import '../../static/base.css'
import '../../static/shell.css'
import './app.css'
import './worklist/worklist.css'
import './desk/desk.css'
import './images/images.css'
import './shell/app'
import { declareLanguage } from './language'
import { foldMenus } from './shell/folding'
import { declareTheme } from './theme'

declareLanguage()
declareTheme()
foldMenus(document)
