// keytar as it is: `set <service> <account>` stores standard input, `get <service> <account>` prints what is stored.
const { readFileSync } = require("node:fs");
const keytar = require("keytar");

const [verb, service, account] = process.argv.slice(2);
if (verb === "set") keytar.setPassword(service, account, readFileSync(0, "utf8"));
else keytar.getPassword(service, account).then((text) => process.stdout.write(text ?? ""));
