// Shows the OpenAPI document. Builds nodes and sets text, never markup.

const make = (name, text, ...children) => {
  const node = document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  node.append(...children);
  return node;
};

const table = (heads, rows) => {
  const head = make("tr", null, ...heads.map((text) => make("th", text)));
  const body = rows.map((cells) => make("tr", null, ...cells.map((text) => make("td", text ?? ""))));
  return make("table", null, make("thead", null, head), make("tbody", null, ...body));
};

const resolve = (api, schema, depth = 0) => {
  if (!schema || typeof schema !== "object" || depth > 6) return schema;
  if (schema.$ref) return resolve(api, api.components.schemas[schema.$ref.split("/").pop()], depth + 1);
  if (Array.isArray(schema)) return schema.map((part) => resolve(api, part, depth + 1));
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, resolve(api, part, depth + 1)]));
};

const type = (schema) => [schema?.type ?? "object"].flat().join(" or ");

const schemaOf = (api, content) => {
  const [kind, media] = Object.entries(content ?? {})[0] ?? [];
  if (!kind) return [];
  const shown = JSON.stringify(resolve(api, media.schema ?? {}), null, 2);
  return [make("p", kind), make("pre", shown)];
};

const operation = (api, path, method, about) => {
  const box = make("details", null, make("summary", null, make("b", method), ` ${path} `, make("span", about.summary)));
  if (about.description) box.append(make("p", about.description));
  if (about.parameters?.length) {
    const rows = about.parameters.map((one) => [one.name, one.in, type(one.schema), one.description]);
    box.append(make("h3", "Parameters"), table(["Name", "In", "Type", ""], rows));
  }
  if (about.requestBody) box.append(make("h3", "Body"), ...schemaOf(api, about.requestBody.content));
  box.append(make("h3", "Answers"));
  for (const [status, answer] of Object.entries(about.responses ?? {})) {
    box.append(make("details", null, make("summary", `${status} ${answer.description}`), ...schemaOf(api, answer.content)));
  }
  return box;
};

const show = (api) => {
  document.getElementById("description").textContent = api.info.description ?? "";
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, about] of Object.entries(methods)) {
      const tag = about.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), operation(api, path, method, about)]);
    }
  }
  const parts = [...groups].flatMap(([tag, nodes]) => [make("h2", tag), ...nodes]);
  document.getElementById("operations").replaceChildren(...parts);
};

try {
  show(await (await fetch("/api/openapi.json")).json());
} catch {
  document.getElementById("operations").replaceChildren(make("p", "The document could not be read."));
}
