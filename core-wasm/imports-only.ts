// Imports the whole core and uses nothing of it. tools/build.mjs holds what it compiles to against imports-only.wat.
import * as core from "./assembly/index";
