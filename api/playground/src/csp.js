// Loaded before everything else: the editor makes style elements, and each must carry the page's nonce.
const nonce = document.querySelector('meta[name="csp-nonce"]').content;
const make = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = make(name, options);
  if (String(name).toLowerCase() === "style") element.nonce = nonce;
  return element;
};

globalThis.MonacoEnvironment = {
  getWorker: (_, label) =>
    new Worker(`/playground/${label === "json" || label === "graphql" ? label : "editor"}.worker.js`),
};
