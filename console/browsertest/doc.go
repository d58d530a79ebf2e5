// Package browsertest has no code besides its tests. They drive Chromium through the pages of
// package console: every page as every kind of viewer, with the mouse and with the keyboard
// alone, with and without JavaScript, in narrow and in wide windows. What a page offers is
// compared with what the engine accepts, control by control.
package browsertest
