/** The entry: the application's shell registers itself as <tierread-app>. */
import './shell/app'
