// Generates types and a manifest of documents with @graphql-codegen's client preset, as an app's build does.
import { readFile } from "node:fs/promises";
import { generate } from "@graphql-codegen/cli";
import { transform } from "esbuild";

const [schema, documents, out] = process.argv.slice(2);
await generate(
  {
    schema,
    documents,
    silent: true,
    generates: { [out]: { preset: "client", presetConfig: { persistedDocuments: true } } },
  },
  true,
);
const types = await readFile(`${out}graphql.ts`, "utf8");
await transform(types, { loader: "ts" });
const manifest = JSON.parse(await readFile(`${out}persisted-documents.json`, "utf8"));
console.log(JSON.stringify({ types, manifest }));
process.exit(0);
