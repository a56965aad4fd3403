import { CoreSubject } from "./core-subject.ts";
import { largeMergeTests } from "./large-merge.ts";
import { libraryTests } from "./library-tests.ts";
import type { Target } from "./target.ts";
import { type Registrar, vectorTests } from "./vector-tests.ts";

/** Everything that has to be true on every runtime. */
export function suite(target: Target, test: Registrar): void {
  vectorTests(new CoreSubject("core, answered later", target.module, "later"), test);
  vectorTests(new CoreSubject("core, answered at once", target.module, "at once"), test, ["lock", "session"]);
  largeMergeTests(target.module, test);
  libraryTests(target, test);
}
