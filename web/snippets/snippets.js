// One request, written as somebody would type it: for a shell, for Python, for JavaScript, to a model by its name
// and the API's address. `output` is what is asked for, where that is not what is answered anyway.

export const languages = { curl, Python: python, "Python client": pythonClient, JavaScript: javascript };

function curl(model, instance, output) {
  return command(url(model), json({ instances: [instance], output }));
}

// A body as it is, to be sent from a shell.
export function command(address, body) {
  return [`curl ${quoted(address)} \\`, `  --header 'Content-Type: application/json' \\`, `  --data ${quoted(visible(body))}`].join("\n");
}

function python(model, instance, output) {
  return `# Python's standard library; nothing to install.
import json
from urllib.request import Request, urlopen

instance = ${dictionary(instance)}
request = Request(
    ${literal(url(model))},
    data=json.dumps({"instances": [instance]${output ? `, "output": ${literal(output)}` : ""}}).encode(),
    headers={"Content-Type": "application/json"},
)
with urlopen(request) as response:
    print(json.load(response)["predictions"])`;
}

function pythonClient(model, instance, output) {
  return `# pip install ./client, in a copy of Picklejar; it also takes data frames, arrays and any number of rows.
from picklejar_client import Client

instance = ${dictionary(instance)}
model = Client(${literal(model.address)}).model(${literal(model.name)})
answer = model.predict([instance]${output ? `, ${literal(output)}` : ""})
print(answer.predictions)`;
}

function javascript(model, instance, output) {
  return `// In a browser, or in Node 18 and newer.
const instance = ${object(instance)};
const response = await fetch(${json(url(model))}, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ instances: [instance]${output ? `, output: ${literal(output)}` : ""} }),
});
console.log((await response.json()).predictions);`;
}

const url = ({ address, name }) => `${address}/models/${name}/predict`;

// Between single quotes a shell reads everything as it is, but for a single quote itself.
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function dictionary(instance) {
  const lines = Object.entries(instance).map(([name, value]) => `    ${literal(name)}: ${literal(value)},\n`);
  return `{\n${lines.join("")}}`;
}

// In a literal `__proto__` would be the object's prototype.
const object = (instance) =>
  Object.hasOwn(instance, "__proto__") ? `JSON.parse(${json(json(instance))})` : json(instance, 2);

const json = (value, indent) => visible(JSON.stringify(value, null, indent));

// JSON leaves the control characters from U+007F to U+009F as they are; a terminal obeys some.
const visible = (text) => text.replace(/[\u007f-\u009f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

// JSON's strings and numbers are Python's too.
function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return json(value);
}
