// Bundles the playground from the pinned npm packages into ./static; no file of it comes from elsewhere at run time.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static");

const common = {
  bundle: true,
  minify: true,
  legalComments: "none",
  target: "es2022",
  outdir: out,
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file", ".woff": "file", ".woff2": "file", ".png": "dataurl", ".svg": "dataurl" },
  logLevel: "warning",
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { playground: join(here, "src/playground.jsx") },
    format: "esm",
    splitting: true,
    jsx: "automatic",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
  }),
  build({
    ...common,
    entryPoints: {
      "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
      "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    },
    format: "iife",
  }),
  cp(join(here, "src/icon.svg"), join(out, "icon.svg")),
]);

for (const name of await readdir(out)) {
  if (/\.(js|css|ttf)$/.test(name)) await writeFile(join(out, `${name}.gz`), gzipSync(await readFile(join(out, name))));
}
