// The API's own document, read once: which calls there are, and what each thing may say. It needs
// no key.

const ADDRESS = new URL('api/v1/openapi.json', document.baseURI);

let reading;

export function apiDocument() {
  reading ??= read().catch((error) => {
    reading = undefined;
    throw error;
  });
  return reading;
}

async function read() {
  const answer = await fetch(ADDRESS);
  if (!answer.ok) throw new Error(`The document cannot be read: the answer was ${answer.status}.`);
  return answer.json();
}

/** What something of this name may say, as a JSON Schema. */
export const schema = async (name) => (await apiDocument()).components.schemas[name];
