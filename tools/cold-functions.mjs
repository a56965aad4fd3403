// A transform for asc: a function that says `@cold` is never inlined, though it be called in one place only or is
// small. What hardly ever runs else becomes a part of what always does, many times over, and an engine that compiles
// each function when it is first called compiles it in every process (measured: docs/measurements.md, "Merge speed").
import { NodeKind } from "assemblyscript";
import { Transform } from "assemblyscript/transform";

export default class ColdFunctions extends Transform {
  #names = [];

  afterParse(parser) {
    for (const { statements, internalPath } of parser.sources) {
      const cold = statements.filter(
        (statement) => statement.kind === NodeKind.FunctionDeclaration && isCold(statement),
      );
      this.#names.push(...cold.map(({ name }) => `${internalPath}/${name.text}`));
    }
  }

  /** Before binaryen optimizes. A function that the module lacks, because its entry does not use it, is no error. */
  afterCompile(module) {
    for (const name of this.#names) {
      this.binaryen.setPassArgument("no-inline", name);
      module.runPasses(["no-inline"]);
    }
    this.binaryen.setPassArgument("no-inline", null);
  }
}

function isCold({ decorators }) {
  return decorators?.some(({ name }) => name.text === "cold") ?? false;
}
